import { MoreHorizontal } from "lucide-react";
import { HoldSign } from "@/components/control/hold-sign";
import { verbIcon } from "@/components/control/verb-icons";
import { VerbMenu } from "@/components/control/verb-menu";
import { Button } from "@/components/ui/button";
import { askVerb } from "@/lib/acting";
import { type Scope, VERB_KEYS, VERB_NAMES, type Verb } from "@/lib/control";
import { plural } from "@/lib/format";
import { useMay } from "@/lib/role";
import { useControl } from "@/store/hooks";

const TREE: Scope = { kind: "tree" };

function VerbButton({ verb }: { verb: Verb }) {
  const name = `${VERB_NAMES[verb]} tree`;
  return (
    <Button look="outline" aria-label={name} title={`${name} (Shift+${VERB_KEYS[verb]})`} onClick={() => askVerb(verb, TREE)} className="px-2">
      {verbIcon(verb)} <span className="max-[1360px]:hidden">{VERB_NAMES[verb]}</span>
    </Button>
  );
}

/** What is in force on the root, and the verbs for it. */
export function TreeControl() {
  const [control, { holds, isKnown, fault }] = useControl();
  const mayAct = useMay("operator");
  const hold = control.holdOfScope("tree");
  const others = holds.filter((one) => one.kind !== "fence" && one !== hold).length;
  const verbs: Verb[] = hold === undefined ? ["pause", "stop"] : hold.kind === "stop" ? ["restart"] : ["resume", "stop"];
  return (
    <div role="group" aria-label="Control of the root" className="flex shrink-0 items-center gap-1.5">
      {hold === undefined ? null : <HoldSign hold={hold} label="Tree" hasCountdown />}
      {others === 0 ? null : (
        <span className="whitespace-nowrap text-small text-faint max-[1500px]:hidden" title="Tiers, agents and filters of this root that are held">
          {hold === undefined ? plural(others, "hold") : `+${others}`} in force
        </span>
      )}
      {fault !== null ? (
        <span role="status" className="whitespace-nowrap text-body text-state-unenforced" title={fault}>
          {isKnown ? "control is away, last known" : "control not known"}
        </span>
      ) : null}
      {mayAct ? (
        <>
          {verbs.map((verb) => (
            <VerbButton key={verb} verb={verb} />
          ))}
          <VerbMenu label="More for the tree" scope={TREE} object="tree" hasKeys className="size-7">
            <MoreHorizontal size={15} />
          </VerbMenu>
        </>
      ) : null}
    </div>
  );
}
