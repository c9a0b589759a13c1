/** Providers of models: where they are and how they are doing. */
import { get } from "@/lib/api";

export interface Provider {
  name: string;
  adapter: string;
  protocol: string;
  baseUrl: string;
  secretName: string | null;
  isEnabled: boolean;
}

export async function fetchProviders(): Promise<Provider[]> {
  return (await get<{ items: Provider[] }>("/api/v1/providers")).items;
}
