/** What the person who signed in may do. */
import { createContext, useContext } from "react";

const RANK: Record<string, number> = { viewer: 1, operator: 2, admin: 3 };

/** Who is not known may look and no more. */
export const RoleContext = createContext("viewer");

/** Whether the role of the person is at least this one. */
export function useMay(least: "operator" | "admin"): boolean {
  return (RANK[useContext(RoleContext)] ?? 0) >= (RANK[least] ?? 9);
}
