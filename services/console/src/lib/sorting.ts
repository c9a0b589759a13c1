/** Order of the table, as it stands in the address: `cost.desc`. */

export interface Sorting {
  id: string;
  desc: boolean;
}

export const FIRST_SORTING: Sorting = { id: "started", desc: true };

export function parseSorting(text: string | null): Sorting {
  const match = /^([a-z]{1,20})\.(asc|desc)$/.exec(text ?? "");
  return match === null ? FIRST_SORTING : { id: match[1] ?? "", desc: match[2] === "desc" };
}

export function writeSorting(sorting: Sorting): string | null {
  if (sorting.id === FIRST_SORTING.id && sorting.desc === FIRST_SORTING.desc) return null;
  return `${sorting.id}.${sorting.desc ? "desc" : "asc"}`;
}
