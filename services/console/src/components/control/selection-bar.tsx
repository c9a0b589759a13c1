import { X } from "lucide-react";
import { verbIcon } from "@/components/control/verb-icons";
import { Button, IconButton } from "@/components/ui/button";
import { askVerb, clearMarks, useMarks } from "@/lib/acting";
import { VERB_NAMES, VERBS } from "@/lib/control";
import { plural } from "@/lib/format";
import { useMay } from "@/lib/role";

/** What can be done to the agents that were marked. */
export function SelectionBar() {
  const marks = useMarks();
  const mayAct = useMay("operator");
  if (marks.size === 0) return null;
  return (
    <section aria-label="Selection">
      <div role="toolbar" aria-label="Selected agents" className="flex h-11 shrink-0 items-center gap-2 border-t border-line-strong bg-raised px-4">
        <span role="status" className="text-body text-ink">
          <span className="numbers">{plural(marks.size, "agent")}</span> selected
        </span>
        <span className="flex-1" />
        {mayAct
          ? VERBS.map((verb) => (
              <Button key={verb} look="outline" aria-label={`${VERB_NAMES[verb]} the selected agents`} onClick={() => askVerb(verb, { kind: "selection", runIds: [...marks] })}>
                {verbIcon(verb)} {VERB_NAMES[verb]}
              </Button>
            ))
          : null}
        <IconButton label="Select none (Esc)" onClick={clearMarks}>
          <X size={15} />
        </IconButton>
      </div>
    </section>
  );
}
