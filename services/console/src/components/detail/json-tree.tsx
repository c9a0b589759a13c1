import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight, EyeOff } from "lucide-react";
import { memo, useMemo, useRef, useState } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { type Json, type JsonRow, jsonRows, maskedParts } from "@/lib/json-rows";
import { plural } from "@/lib/format";

const ROW_HEIGHT = 22;
const OVERSCAN = 16;
const INDENT = 14;
/** A longer text is cut in its row and shown whole when it is opened. */
const TEXT_SHOWN = 400;

type Parsed = { value: Json } | { error: string };

function parse(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Text in which hidden parts are labelled with the rule that hid them. */
export function MaskedText({ text }: { text: string }) {
  return maskedParts(text).map((part, i) =>
    part.rule === null ? (
      <span key={i}>{part.text}</span>
    ) : (
      <span key={i} data-masked={part.rule} title={part.text} className="mx-0.5 inline-flex items-center gap-1 rounded-tight bg-masked-wash px-1 text-masked">
        <EyeOff size={10} aria-hidden="true" />
        hidden by {part.rule}
      </span>
    ),
  );
}

function Scalar({ value, onOpenText }: { value: Json; onOpenText: () => void }) {
  if (typeof value === "number") return <span className="numbers text-syntax-number">{String(value)}</span>;
  if (typeof value !== "string") return <span className="numbers text-syntax-word">{String(value)}</span>;
  const isLong = value.length > TEXT_SHOWN || value.includes("\n");
  return (
    <>
      <span dir="auto" className="numbers min-w-0 truncate text-syntax-text">
        <MaskedText text={value.slice(0, TEXT_SHOWN)} />
      </span>
      {isLong ? (
        <button type="button" onClick={onOpenText} className="shrink-0 rounded-tight px-1 text-small text-accent hover:underline">
          {plural(value.length, "character")}
        </button>
      ) : null}
    </>
  );
}

interface RowProps {
  row: JsonRow;
  top: number;
  onToggle: (path: string) => void;
  onOpenText: (row: JsonRow) => void;
}

function sizeWords(row: JsonRow): string {
  return Array.isArray(row.value) ? `[${row.size}]` : `{${row.size}}`;
}

const Row = memo(function Row({ row, top, onToggle, onOpenText }: RowProps) {
  const isBranch = row.size !== null;
  return (
    <div
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={isBranch ? row.isOpen : undefined}
      data-path={row.path}
      className="group absolute inset-x-0 flex items-center gap-1 pr-2 text-small hover:bg-hover"
      style={{ top, height: ROW_HEIGHT, paddingLeft: 12 + row.depth * INDENT }}
    >
      {isBranch ? (
        <button type="button" aria-label={row.isOpen ? "Close" : "Open"} onClick={() => onToggle(row.path)} className="flex min-w-0 items-center gap-1">
          <ChevronRight size={12} className={`shrink-0 text-faint transition-transform duration-[var(--quick)] ${row.isOpen ? "rotate-90" : ""}`} />
          {row.name === null ? null : <span className="numbers truncate text-syntax-key">{row.name}</span>}
          <span className="numbers text-faint">{sizeWords(row)}</span>
        </button>
      ) : (
        <>
          <span className="numbers ml-4 shrink-0 text-syntax-key">{row.name ?? "value"}</span>
          <Scalar value={row.value} onOpenText={() => onOpenText(row)} />
        </>
      )}
      <span className="flex-1" />
      <CopyButton text={row.path} label={`Copy the path ${row.path}`} className="size-5 opacity-0 focus-visible:opacity-100 group-hover:opacity-100" />
    </div>
  );
});

function useToggled(): [ReadonlySet<string>, (path: string) => void] {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const toggle = (path: string): void => {
    setToggled((before) => {
      const next = new Set(before);
      if (!next.delete(path)) next.add(path);
      return next;
    });
  };
  return [toggled, toggle];
}

function Tree({ value }: { value: Json }) {
  const [toggled, toggle] = useToggled();
  const [opened, setOpened] = useState<JsonRow | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => jsonRows(value, toggled), [value, toggled]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  });
  return (
    <>
      <div ref={scroller} role="tree" aria-label="Payload" className="min-h-0 flex-1 overflow-auto py-1">
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : <Row key={row.path} row={row} top={item.start} onToggle={toggle} onOpenText={setOpened} />;
          })}
        </div>
      </div>
      {opened === null ? null : <WholeText row={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

function WholeText({ row, onClose }: { row: JsonRow; onClose: () => void }) {
  const text = String(row.value);
  return (
    <div className="flex max-h-[50%] shrink-0 flex-col border-t border-line-strong">
      <div className="flex items-center gap-2 px-4 py-1 text-small text-faint">
        <span className="numbers min-w-0 flex-1 truncate">{row.path}</span>
        <CopyButton text={text} label="Copy the text" className="size-6" />
        <button type="button" onClick={onClose} className="px-1 text-body text-dim hover:text-ink">
          Close
        </button>
      </div>
      <pre dir="auto" className="numbers min-h-0 overflow-auto whitespace-pre-wrap break-words px-4 pb-3 text-small text-syntax-text">
        <MaskedText text={text} />
      </pre>
    </div>
  );
}

/** A payload as a tree. */
export function JsonTree({ text }: { text: string }) {
  const parsed = useMemo(() => parse(text), [text]);
  if ("value" in parsed) return <Tree value={parsed.value} />;
  return (
    <div className="min-h-0 flex-1 overflow-auto px-4 py-2">
      <p className="text-small text-state-failed">Not JSON: {parsed.error}</p>
      <pre className="numbers whitespace-pre-wrap break-words text-small text-dim">
        <MaskedText text={text} />
      </pre>
    </div>
  );
}
