import type { ReactNode } from "react";

/** What stands where there is nothing to show: what is so, why, and what can be done. */
export function Notice({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
      <p className="text-body font-medium text-ink">{title}</p>
      {children === undefined ? null : <div className="max-w-sm text-body text-faint">{children}</div>}
      {action === undefined ? null : <div className="pt-2">{action}</div>}
    </div>
  );
}
