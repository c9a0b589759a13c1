/** Providers of models: where they are and how they are doing. */
import { command } from "@/lib/command";
import type { ProviderRecord } from "@/lib/generated/proto";

export function fetchProviders(): Promise<ProviderRecord[]> {
  return command("list_providers");
}
