/** A JSON document as rows of a tree, of which only the open parts are walked. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonRow {
  /** Path in the notation of JavaScript: $.a.b[0]. */
  path: string;
  depth: number;
  /** Key or index; null for the document itself. */
  name: string | null;
  value: Json;
  /** Members of an object or list; null for a plain value. */
  size: number | null;
  isOpen: boolean;
}

/** Depth down to which a tree is open at first. */
export const OPEN_DEPTH = 3;
/** Lists longer than this stay closed at first. */
const OPEN_SIZE = 100;
/** Walking stops here; nobody reads further in one piece. */
const ROWS_MAX = 100_000;

function isBranch(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === "object" && value !== null;
}

function pathOf(parent: string, name: string, isIndex: boolean): string {
  if (isIndex) return `${parent}[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${parent}.${name}` : `${parent}[${JSON.stringify(name)}]`;
}

/** Whether a branch is open while nobody has opened or closed it. */
export function isOpenAtFirst(depth: number, size: number): boolean {
  return depth < OPEN_DEPTH && size <= OPEN_SIZE;
}

/** Rows in the order they are read; `toggled` holds the paths that differ from how they are at first. */
export function jsonRows(value: Json, toggled: ReadonlySet<string>): JsonRow[] {
  const rows: JsonRow[] = [];
  const stack: { name: string | null; value: Json; path: string; depth: number }[] = [{ name: null, value, path: "$", depth: 0 }];
  while (stack.length > 0 && rows.length < ROWS_MAX) {
    const node = stack.pop();
    if (node === undefined) break;
    const { name, path, depth } = node;
    if (!isBranch(node.value)) {
      rows.push({ path, depth, name, value: node.value, size: null, isOpen: false });
      continue;
    }
    const isList = Array.isArray(node.value);
    const members = Object.entries(node.value);
    const isOpen = isOpenAtFirst(depth, members.length) !== toggled.has(path);
    rows.push({ path, depth, name, value: node.value, size: members.length, isOpen });
    if (!isOpen) continue;
    for (let i = members.length - 1; i >= 0; i -= 1) {
      const [key, member] = members[i] as [string, Json];
      stack.push({ name: key, value: member, path: pathOf(path, key, isList), depth: depth + 1 });
    }
  }
  return rows;
}

export interface TextPart {
  text: string;
  /** Rule that hid this part; null for text that is as it was. */
  rule: string | null;
}

/** Cuts text at the places where a rule hid something. */
export function maskedParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(/\[REDACTED:([A-Za-z0-9_.-]{1,64})\]/g)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), rule: null });
    parts.push({ text: match[0], rule: match[1] ?? "" });
    from = match.index + match[0].length;
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), rule: null });
  return parts;
}
