import type { ReactNode } from "react";

interface PageProps {
  title: string;
  about: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page beside the mission: a title, a sentence, and what it is about. */
export function Page({ title, about, actions, children }: PageProps) {
  return (
    <main aria-label={title} className="min-w-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex max-w-[1180px] flex-col gap-4 px-6 py-5">
        <div className="flex items-start gap-4">
          <div className="min-w-0 flex-1">
            <h1 className="text-title font-semibold tracking-tight">{title}</h1>
            <p className="text-body text-dim">{about}</p>
          </div>
          {actions}
        </div>
        {children}
      </div>
    </main>
  );
}

/** A framed part of a page. */
export function Panel({ title, children, note }: { title: string; children: ReactNode; note?: ReactNode }) {
  return (
    <section aria-label={title} className="rounded-base border border-line bg-surface">
      <div className="flex items-baseline gap-3 border-b border-line px-4 py-2">
        <h2 className="text-body font-semibold">{title}</h2>
        <span className="text-small text-faint">{note}</span>
      </div>
      {children}
    </section>
  );
}
