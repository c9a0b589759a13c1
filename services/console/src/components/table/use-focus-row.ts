import { useEffect, useRef } from "react";
import { onFocusRun } from "@/lib/focus-run";
import type { AgentRunRecord } from "@/lib/generated/proto";

/** Long enough for a row that was scrolled to to be there. */
const FOCUS_AFTER_MS = 40;

/** Brings a run into sight and focuses it when the keys ask for it. */
export function useFocusRow(runs: AgentRunRecord[], scrollTo: (index: number) => void): void {
  const latest = useRef({ runs, scrollTo });
  latest.current = { runs, scrollTo };
  useEffect(
    () =>
      onFocusRun((id) => {
        const index = latest.current.runs.findIndex((run) => run.id === id);
        if (index === -1) return;
        latest.current.scrollTo(index);
        setTimeout(() => {
          document.querySelector<HTMLElement>(`[data-run="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
        }, FOCUS_AFTER_MS);
      }),
    [],
  );
}
