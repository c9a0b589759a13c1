import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { type Command, findCommands } from "@/components/palette/commands";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { fetchRoots } from "@/lib/api";
import { showOverlay } from "@/lib/overlay";
import { useScopes } from "@/components/control/use-scopes";
import { useMay } from "@/lib/role";
import { useFleet } from "@/store/hooks";

/** Shown at most; typing narrows the rest. */
const SHOWN_MAX = 60;
const ROOTS_SHOWN = 6;

function Line({ command, isActive, onRun, onPoint }: { command: Command; isActive: boolean; onRun: () => void; onPoint: () => void }) {
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isActive) line.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    <li
      ref={line}
      id={`command-${command.id}`}
      role="option"
      aria-selected={isActive}
      onClick={onRun}
      onPointerMove={onPoint}
      className={`flex h-9 cursor-pointer items-center gap-3 rounded-tight px-3 text-body ${isActive ? "bg-hover text-ink" : "text-dim"}`}
    >
      <span className="text-faint">{command.icon}</span>
      <span className="shrink-0 max-w-[60%] truncate">{command.name}</span>
      <span className="min-w-0 flex-1 truncate text-small text-faint">{command.note}</span>
      {command.keys?.map((key) => <Kbd key={key}>{key}</Kbd>)}
    </li>
  );
}

function Lines({ commands, active, onRun, onPoint }: { commands: Command[]; active: number; onRun: (command: Command) => void; onPoint: (at: number) => void }) {
  return (
    <ul id="commands" role="listbox" aria-label="Commands" className="max-h-[52vh] overflow-y-auto p-1.5">
      {commands.map((command, at) => (
        <div key={command.id} role="presentation">
          {commands[at - 1]?.group === command.group ? null : (
            <div role="presentation" className="px-3 pb-0.5 pt-2 text-small text-faint">
              {command.group}
            </div>
          )}
          <Line command={command} isActive={at === active} onRun={() => onRun(command)} onPoint={() => onPoint(at)} />
        </div>
      ))}
      {commands.length === 0 ? <li className="px-3 py-8 text-center text-body text-faint">Nothing is called that</li> : null}
    </ul>
  );
}

/** Every place to go and every choice, by typing. */
export function Palette({ onClose, onSignedOut }: { onClose: () => void; onSignedOut: () => void }) {
  const { store, control } = useFleet();
  const mayAct = useMay("operator");
  const scopes = useScopes();
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const roots = useQuery({ queryKey: ["roots", typed], queryFn: () => fetchRoots(typed, ROOTS_SHOWN), placeholderData: (before) => before });
  const commands = useMemo(
    () => findCommands({ store, control, roots: (roots.data?.items ?? []).slice(0, ROOTS_SHOWN), scopes: mayAct ? scopes : [], onSignedOut }, typed).slice(0, SHOWN_MAX),
    [store, control, roots.data, scopes, mayAct, onSignedOut, typed],
  );
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    showOverlay(null);
    // The palette gives the focus back when it goes; what it opened takes it after that.
    setTimeout(command.run, 0);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setActive((at) => Math.min(at + 1, commands.length - 1));
    else if (event.key === "ArrowUp") setActive((at) => Math.max(at - 1, 0));
    else if (event.key === "Enter") run(commands[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label="Commands" onClose={onClose} className="w-[600px]">
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={15} className="text-faint" aria-hidden="true" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="commands"
          aria-activedescendant={commands[active] === undefined ? undefined : `command-${commands[active].id}`}
          aria-label="Command, root or agent"
          placeholder="Command, root or agent"
          className="h-12 flex-1 bg-transparent text-body outline-none"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
        <Kbd>Esc</Kbd>
      </div>
      <Lines commands={commands} active={active} onRun={run} onPoint={setActive} />
    </Dialog>
  );
}
