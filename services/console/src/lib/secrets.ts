/** Keys of providers: whether there is one, setting it, and showing it to a person who confirmed. */
import { command } from "@/lib/command";
import type { ProviderSecretChange, ProviderSecretReveal, ProviderSecretStatus } from "@/lib/generated/proto";

export type SecretOperation = "reveal" | "overwrite";

interface Confirmation {
  confirmationToken: string;
  expiresAt: number;
}

export function fetchSecretStatus(provider: string): Promise<ProviderSecretStatus> {
  return command("get_provider_secret_status", { provider });
}

/** The operator's own passphrase buys a token for one use of one operation. */
async function confirm(provider: string, operation: SecretOperation, passphrase: string): Promise<string> {
  const answer = await command<Confirmation>("confirm_provider_secret_access", { provider, operation, passphrase });
  return answer.confirmationToken;
}

/** Stores a value; one that is there already is only overwritten with the passphrase. */
export async function setSecret(provider: string, secret: string, passphrase: string | null): Promise<ProviderSecretChange> {
  const sessionToken = passphrase === null ? undefined : await confirm(provider, "overwrite", passphrase);
  return command("set_provider_secret", { provider, secret, sessionToken });
}

export async function revealSecret(provider: string, passphrase: string): Promise<string> {
  const sessionToken = await confirm(provider, "reveal", passphrase);
  return (await command<ProviderSecretReveal>("reveal_provider_secret", { provider, sessionToken })).secret;
}
