import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, Search } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { StateGlyph } from "@/components/ui/glyph";
import { Popover } from "@/components/ui/popover";
import { fetchRoots } from "@/lib/api";
import { useNow } from "@/lib/clock";
import { formatAge, plural } from "@/lib/format";
import { NO_FILTERS } from "@/lib/filters";
import type { RootSummary } from "@/lib/generated/proto";
import { holdState } from "@/lib/holds";
import { displayState } from "@/lib/status";
import { changeUrl, useUrl } from "@/lib/url";
import { useControl } from "@/store/hooks";

const LIST_EVERY_MS = 4000;

/** What a root is called. */
export function rootName(root: RootSummary): string {
  return root.label ?? root.rootTaskId;
}

/** Brings another root into scope; what was chosen inside the one before goes. */
export function chooseRoot(rootTaskId: string): void {
  changeUrl({ root: rootTaskId, run: null, event: null, filters: NO_FILTERS }, "push");
}

function RootLine({ root, isChosen, isActive, onChoose }: { root: RootSummary; isChosen: boolean; isActive: boolean; onChoose: () => void }) {
  const now = useNow();
  return (
    <li
      id={`root-${root.rootTaskId}`}
      role="option"
      aria-selected={isChosen}
      className={`flex cursor-pointer items-center gap-3 rounded-tight px-2.5 py-1.5 ${isActive ? "bg-hover" : ""}`}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <StateGlyph state={displayState(root.status)} />
      <span className="min-w-0 flex-1">
        <span className={`block truncate text-body ${isChosen ? "font-semibold text-ink" : "text-ink"}`}>{rootName(root)}</span>
        <span className="numbers block truncate text-small text-faint">{root.rootTaskId}</span>
      </span>
      <span className="shrink-0 text-right text-small text-faint">
        <span className="block">{plural(root.runCount, "agent")}, {root.activeCount} active</span>
        <span className="numbers block">{formatAge(now - root.lastEventAt)}</span>
      </span>
    </li>
  );
}

function RootList({ current, onDone }: { current: string | null; onDone: () => void }) {
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const roots = useQuery({
    queryKey: ["roots", search],
    queryFn: () => fetchRoots(search),
    refetchInterval: LIST_EVERY_MS,
    placeholderData: keepPreviousData,
  });
  const items = roots.data?.items ?? [];
  const choose = (root: RootSummary | undefined): void => {
    if (root === undefined) return;
    if (root.rootTaskId !== current) chooseRoot(root.rootTaskId);
    onDone();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setActive((at) => Math.min(at + 1, items.length - 1));
    else if (event.key === "ArrowUp") setActive((at) => Math.max(at - 1, 0));
    else if (event.key === "Enter") choose(items[active]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="w-[460px]">
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search size={14} className="text-faint" aria-hidden="true" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="root-list"
          aria-activedescendant={items[active] === undefined ? undefined : `root-${items[active].rootTaskId}`}
          aria-label="Search roots"
          placeholder="Search by objective or id"
          className="h-10 flex-1 bg-transparent text-body outline-none"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
      </div>
      <ul id="root-list" role="listbox" aria-label="Roots, most recently active first" className="max-h-[420px] overflow-y-auto p-1.5">
        {items.map((root, i) => (
          <RootLine key={root.rootTaskId} root={root} isChosen={root.rootTaskId === current} isActive={i === active} onChoose={() => choose(root)} />
        ))}
        {items.length === 0 && roots.isSuccess ? (
          <li className="px-2.5 py-6 text-center text-body text-faint">No root is called that</li>
        ) : null}
      </ul>
    </div>
  );
}

/** The one root whose agents are shown. */
export function RootSelector() {
  const [{ root }] = useUrl();
  const [isOpen, setOpen] = useState(false);
  const roots = useQuery({ queryKey: ["roots", ""], queryFn: () => fetchRoots("") });
  const listed = roots.data?.items.find((one) => one.rootTaskId === root);
  const found = useQuery({
    queryKey: ["roots", root],
    queryFn: () => fetchRoots(root ?? ""),
    enabled: root !== null && roots.isSuccess && listed === undefined,
  });
  const [control] = useControl();
  const hold = control.holdOfScope("tree");
  const current = listed ?? found.data?.items.find((one) => one.rootTaskId === root);
  return (
    <Popover
      label="Choose a root"
      isOpen={isOpen}
      onOpenChange={setOpen}
      trigger={
        <button
          type="button"
          aria-label={`Root: ${current === undefined ? (root ?? "none") : rootName(current)}`}
          className="flex h-8 min-w-0 max-w-full items-center gap-2 rounded-base px-2 text-body hover:bg-hover data-[state=open]:bg-hover"
        >
          {current === undefined ? null : <StateGlyph state={hold === undefined ? displayState(current.status) : holdState(hold)} />}
          <span className="truncate font-medium">{current === undefined ? (root ?? "No root") : rootName(current)}</span>
          {current?.label == null ? null : <span className="numbers max-w-40 shrink-0 truncate max-[1679px]:hidden text-small text-faint">{current.rootTaskId}</span>}
          <ChevronsUpDown size={13} className="shrink-0 text-faint" aria-hidden="true" />
        </button>
      }
    >
      <RootList current={root} onDone={() => setOpen(false)} />
    </Popover>
  );
}
