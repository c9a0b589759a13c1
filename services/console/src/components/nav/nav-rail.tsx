import { Boxes, KeyRound, Radar } from "lucide-react";
import type { ReactNode } from "react";
import { changeUrl, type Page, pagePath, useUrl, urlState, writeUrl } from "@/lib/url";

const ICON = 18;

/** Every page, in the order of the rail. */
export const PAGE_LINKS: { page: Page; label: string; icon: ReactNode }[] = [
  { page: "mission", label: "Mission", icon: <Radar size={ICON} /> },
  { page: "models", label: "Models", icon: <Boxes size={ICON} /> },
  { page: "secrets", label: "Secrets", icon: <KeyRound size={ICON} /> },
];

export function openPage(page: Page): void {
  changeUrl({ page }, "push");
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
          {link.icon}
          {link.label}
        </a>
      ))}
    </nav>
  );
}
