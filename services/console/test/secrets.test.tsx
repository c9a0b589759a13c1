import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import SecretsPage from "@/components/secrets/secrets-page";
import type { ProviderRecord } from "@/lib/generated/proto";
import { makeFleet, renderWith } from "./helpers";

const PROVIDER: ProviderRecord = {
  name: "openai", protocol: "openai", baseUrl: "https://api.openai.com/v1", adapter: "openai", secret: "openai", needsSecret: true,
  hasSecret: true, headers: null, isEnabled: true, source: "product", modelCount: 3, problem: null, updatedAt: null, updatedAtUs: null,
};

interface Asked {
  name: string;
  input: Record<string, unknown>;
}

/** A gateway that knows one provider; what it was asked is kept. */
function gateway(configured: boolean, developerMode: boolean): Asked[] {
  const asked: Asked[] = [];
  const answers: Record<string, unknown> = {
    list_providers: [PROVIDER],
    get_provider_secret_status: { provider: "openai", configured, backend: "mission-control-vault", developerMode },
    set_provider_secret: { provider: "openai", configured: true, confirmationRequired: false, confirmationToken: null },
    confirm_provider_secret_access: { confirmationToken: "token-1", expiresAt: 1 },
    reveal_provider_secret: { provider: "openai", secret: "sk-shown" },
    services: { items: [{ service: "vault", instance: "1", isReady: true, reason: null, version: "x", startedAt: 1, startedAtUs: 1 }] },
  };
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    const name = path.split("/").at(-1) ?? "";
    if (init?.body !== undefined) asked.push({ name, input: (JSON.parse(String(init.body)) as { input: Record<string, unknown> }).input });
    return new Response(JSON.stringify(answers[name]), { status: name in answers ? 200 : 404 });
  });
  return asked;
}

const type = (label: string, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("keys of providers", () => {
  it("are stored the first time without a passphrase", async () => {
    const asked = gateway(false, false);
    renderWith(makeFleet([]), <SecretsPage role="admin" />);
    fireEvent.click(await screen.findByRole("button", { name: "Set" }));
    type("Key", " sk-new ");
    fireEvent.click(screen.getByRole("button", { name: "Store" }));
    await vi.waitFor(() => expect(asked.find((one) => one.name === "set_provider_secret")?.input).toEqual({ provider: "openai", secret: "sk-new" }));
    expect(asked.some((one) => one.name === "confirm_provider_secret_access")).toBe(false);
  });

  it("are replaced with a token that the passphrase bought", async () => {
    const asked = gateway(true, true);
    renderWith(makeFleet([]), <SecretsPage role="admin" />);
    fireEvent.click(await screen.findByRole("button", { name: "Replace" }));
    type("Key", "sk-next");
    type("Your passphrase", "correct horse");
    fireEvent.click(screen.getAllByRole("button", { name: "Replace" }).at(-1) as HTMLElement);
    await vi.waitFor(() => expect(asked.find((one) => one.name === "set_provider_secret")?.input.sessionToken).toBe("token-1"));
    expect(asked.find((one) => one.name === "confirm_provider_secret_access")?.input).toEqual({ provider: "openai", operation: "overwrite", passphrase: "correct horse" });
  });

  it("are shown for half a minute and then taken away", async () => {
    gateway(true, true);
    renderWith(makeFleet([]), <SecretsPage role="admin" />);
    fireEvent.click(await screen.findByRole("button", { name: "Show" }));
    type("Your passphrase", "correct horse");
    vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setInterval", "clearInterval"] });
    fireEvent.click(screen.getAllByRole("button", { name: "Show" }).at(-1) as HTMLElement);
    expect(await screen.findByText("sk-shown")).toBeInTheDocument();
    await act(() => vi.advanceTimersByTimeAsync(31_000));
    expect(screen.queryByText("sk-shown")).toBeNull();
  });

  it("cannot be shown outside of Developer Mode, nor touched by others than admins", async () => {
    gateway(true, false);
    const { unmount } = renderWith(makeFleet([]), <SecretsPage role="admin" />);
    expect(await screen.findByRole("button", { name: "Show" })).toBeDisabled();
    unmount();
    renderWith(makeFleet([]), <SecretsPage role="operator" />);
    expect(await screen.findByText("configured")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Replace" })).toBeNull();
  });
});
