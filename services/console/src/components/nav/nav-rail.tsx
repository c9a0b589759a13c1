import { Boxes, CirclePause, KeyRound, Radar, Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { usePendingRequests } from "@/components/budgets/use-budgets";
import { plural } from "@/lib/format";
import { changeUrl, type Page, pagePath, useUrl, urlState, writeUrl } from "@/lib/url";

const ICON = 18;

/** Every page, in the order of the rail. */
export const PAGE_LINKS: { page: Page; label: string; icon: ReactNode }[] = [
  { page: "mission", label: "Mission", icon: <Radar size={ICON} /> },
  { page: "control", label: "Control", icon: <CirclePause size={ICON} /> },
  { page: "budgets", label: "Budgets", icon: <Wallet size={ICON} /> },
  { page: "models", label: "Models", icon: <Boxes size={ICON} /> },
  { page: "secrets", label: "Secrets", icon: <KeyRound size={ICON} /> },
];

export function openPage(page: Page): void {
  changeUrl({ page }, "push");
}

/** Requests for more that wait for a person, in whichever root. */
function PendingBadge() {
  const pending = usePendingRequests().data?.length ?? 0;
  if (pending === 0) return null;
  const words = `${plural(pending, "request")} for more ${pending === 1 ? "waits" : "wait"} for a decision, in all roots`;
  return (
    <span data-pending={pending} title={words} className="numbers absolute -right-2.5 -top-1.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent px-1 text-small/none font-semibold text-accent-ink">
      {pending > 99 ? "99+" : pending}
      <span className="sr-only"> {words}.</span>
    </span>
  );
}

/** The pages at the left edge: real links, so that one opens in a new tab too. */
export function NavRail() {
  const [{ page }] = useUrl();
  return (
    <nav aria-label="Pages" className="flex w-[var(--nav-width)] shrink-0 flex-col items-stretch gap-0.5 border-r border-line bg-surface py-2">
      {PAGE_LINKS.map((link) => (
        <a
          key={link.page}
          href={`${pagePath(link.page)}${writeUrl(urlState())}`}
          aria-current={page === link.page ? "page" : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            openPage(link.page);
          }}
          className="mx-1.5 flex flex-col items-center gap-0.5 rounded-base py-1.5 text-small text-faint transition-colors duration-[var(--quick)] hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-wash aria-[current=page]:text-ink"
        >
          <span className="relative">
            {link.icon}
            {link.page === "budgets" ? <PendingBadge /> : null}
          </span>
          {link.label}
        </a>
      ))}
    </nav>
  );
}
