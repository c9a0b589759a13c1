import * as Menu from "@radix-ui/react-dropdown-menu";
import { CheckSquare, PanelRight, Square } from "lucide-react";
import { MENU, MENU_ITEM, VerbItems } from "@/components/control/verb-menu";
import { openRun } from "@/components/mosaic/mosaic";
import { Kbd } from "@/components/ui/kbd";
import { closeCardMenu, toggleMark, useCardMenu, useMarks } from "@/lib/acting";
import type { Scope } from "@/lib/control";
import { useMay } from "@/lib/role";
import { useFleet } from "@/store/hooks";

/** The menu of a card, where it was asked for: by the second button, or by the menu key on the focused card. */
export function CardMenu() {
  const place = useCardMenu();
  const marks = useMarks();
  const { store } = useFleet();
  const mayAct = useMay("operator");
  if (place === null) return null;
  const run = store.run(place.runId);
  if (run === undefined) return null;
  const isMarked = marks.has(run.id);
  const scope: Scope = isMarked && marks.size > 1 ? { kind: "selection", runIds: [...marks] } : { kind: "agent", runId: run.id };
  const object = scope.kind === "selection" ? `${marks.size} selected` : "agent";
  return (
    <Menu.Root open modal={false} onOpenChange={(isOpen) => (isOpen ? undefined : closeCardMenu())}>
      <Menu.Trigger asChild>
        <span aria-hidden="true" className="fixed size-0" style={{ left: place.x, top: place.y }} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content
          align="start"
          sideOffset={2}
          collisionPadding={8}
          aria-label={`What can be done to ${run.actor}`}
          className={MENU}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            document.querySelector<HTMLElement>(`[data-run="${CSS.escape(place.runId)}"]`)?.focus({ preventScroll: true });
          }}
        >
          <Menu.Label className="max-w-64 truncate px-2.5 pb-1 pt-0.5 text-small text-faint">{run.actor}</Menu.Label>
          <Menu.Item className={MENU_ITEM} onSelect={() => openRun(run.id)}>
            <PanelRight size={14} className="text-faint" aria-hidden="true" /> <span className="flex-1">Open</span> <Kbd>Enter</Kbd>
          </Menu.Item>
          <Menu.Item className={MENU_ITEM} onSelect={() => toggleMark(run.id)}>
            {isMarked ? <CheckSquare size={14} className="text-faint" aria-hidden="true" /> : <Square size={14} className="text-faint" aria-hidden="true" />}
            <span className="flex-1">{isMarked ? "Take out of the selection" : "Add to the selection"}</span> <Kbd>x</Kbd>
          </Menu.Item>
          {mayAct ? (
            <>
              <Menu.Separator className="-mx-1.5 my-1 h-px bg-line" />
              <VerbItems scope={scope} object={object} hasKeys />
            </>
          ) : null}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
