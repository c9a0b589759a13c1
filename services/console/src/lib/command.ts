/** Commands of the gateway, by their names in the contract. */
import { post } from "@/lib/api";

/** Runs a command and gives its bare result. */
export function command<T>(name: string, input: Record<string, unknown> = {}): Promise<T> {
  return post<T>(`/api/v1/commands/${name}`, { input });
}
