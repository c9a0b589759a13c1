import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FirstRun } from "@/components/first-run/first-run";
import { LoginPage } from "@/components/login/login-page";
import { defaultEndpoint, isEndpoint, serviceEndpoint, SNIPPETS } from "@/lib/snippets";
import type { ServiceStatus } from "@/lib/generated/proto";
import { makeFleet, renderWith } from "./helpers";

function service(change: Partial<ServiceStatus>): ServiceStatus {
  return { service: "ingest", instance: "1", isReady: true, reason: null, version: "1", startedAt: 1, startedAtUs: 1_000_000, listenAddress: "127.0.0.1", port: 4318, ...change };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the first screen", () => {
  it("has three snippets that send to where ingest listens", async () => {
    vi.stubGlobal("fetch", async () => new Response('{"items":[]}'));
    renderWith(makeFleet([]), <FirstRun />);
    expect(screen.getAllByRole("tab").map((tab) => tab.textContent)).toEqual(["PythonOpenTelemetry", "NodeOpenTelemetry", "Any commandmissionctl run"]);
    fireEvent.change(screen.getByLabelText("Address of ingest"), { target: { value: "http://ops.example:5318" } });
    expect(screen.getByText("export OTEL_EXPORTER_OTLP_ENDPOINT=http://ops.example:5318")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("tab", { name: /Any command/ }));
    expect(screen.getByText(/build\/missionctl run/)).toBeInTheDocument();
  });

  it("sends to where ingest says that it listens", async () => {
    const items = [service({ isReady: false, instance: "1", port: 4318 }), service({ instance: "2", port: 5318 })];
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ items })));
    renderWith(makeFleet([]), <FirstRun />);
    expect(await screen.findByText("export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:5318")).toBeInTheDocument();
    expect(screen.getByLabelText("Address of ingest")).toHaveValue("http://127.0.0.1:5318");
  });

  it.each([
    ["what it listens on", { listenAddress: "10.1.2.3" }, "http://10.1.2.3:4318"],
    ["the name of this page, for all interfaces", { listenAddress: "0.0.0.0" }, "http://ops.example:4318"],
    ["a number in brackets", { listenAddress: "::1" }, "http://[::1]:4318"],
    ["nothing, where it has not said", { port: null }, null],
    ["nothing, for another service", { service: "router" }, null],
  ])("shows %s", (_what, change, endpoint) => {
    expect(serviceEndpoint([service(change)], "ingest", "ops.example")).toBe(endpoint);
  });

  it("never puts into a snippet what a shell would act on", () => {
    for (const bad of ["http://a; rm -rf ~", "http://$(id)", "javascript:alert(1)", "http://a/`x`", ""]) expect(isEndpoint(bad)).toBe(false);
    for (const good of ["http://127.0.0.1:4318", "https://ops.example", "http://[::1]:4318"]) expect(isEndpoint(good)).toBe(true);
    expect(defaultEndpoint("[::1]")).toBe("http://[::1]:4318");
    for (const snippet of SNIPPETS) expect(snippet.code("http://x:1")).not.toContain("undefined");
  });
});

describe("signing in", () => {
  it("says what was wrong, and for how long no other try is taken", async () => {
    const answers = [
      new Response('{"error":{"code":"bad_credentials","message":"The name or the passphrase is wrong"}}', { status: 401 }),
      new Response('{"error":{"code":"too_many_attempts","message":"Wait"}}', { status: 429, headers: { "Retry-After": "30" } }),
    ];
    vi.stubGlobal("fetch", async () => answers.shift());
    renderWith(makeFleet([]), <LoginPage onSession={() => undefined} />);
    await userEvent.type(screen.getByLabelText("Name"), "ada");
    await userEvent.type(screen.getByLabelText("Passphrase"), "wrong{Enter}");
    expect(await screen.findByText("The name or the passphrase is wrong")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByText(/next try in 30 s/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Sign in" })).toBeDisabled();
  });
});
