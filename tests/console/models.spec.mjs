/**
 * Models, keys of providers and decisions in Chromium: real services, simulated providers.
 *
 *     MC_URL, MC_ROUTER_URL, MC_USER, MC_PASSPHRASE, MISSIONCTL: a stack of one's own
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startProviders } from "../fakes/providers.mjs";

const require = createRequire(new URL("../../services/console/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const { MC_URL, MC_ROUTER_URL, MC_USER, MC_PASSPHRASE, MISSIONCTL } = process.env;
const CHROMIUM = process.env.MC_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const WAIT_MS = 20_000;
const KEYS = { first: "sk-simulated-first-0000000000000000", next: "sk-simulated-next-11111111111111111" };
const RUN = "e2e-models-run";
const ROOT = "e2e-models-root";

const isMissing = [MC_URL, MC_ROUTER_URL, MC_USER, MC_PASSPHRASE, MISSIONCTL].some((value) => value === undefined);
const skip = isMissing ? "MC_URL, MC_ROUTER_URL, MC_USER, MC_PASSPHRASE and MISSIONCTL name the stack to drive" : false;

let browser, page, fake;

const missionctl = async (...words) => (await promisify(execFile)(MISSIONCTL, words)).stdout;
const link = (name) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
const rowOf = (table, id) => page.getByRole("table", { name: table }).locator(`tr[data-row="${id}"]`);

async function ask(model) {
  const answer = await fetch(`${MC_ROUTER_URL}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-mc-run": RUN, "x-mc-root": ROOT, "x-mc-tier": "3", "x-mc-actor": "tier3_asker" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Say hello." }] }),
  });
  return { status: answer.status, body: await answer.json() };
}

before(async () => {
  if (skip) return;
  fake = await startProviders();
  for (const name of ["openai", "anthropic"])
    await missionctl("providers", "add", name, "--protocol", name, "--adapter", name, "--base-url", `${fake[name].url}/v1`, "--secret", name);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--headless"] });
  page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce" })).newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(`${MC_URL}/secrets`);
  await page.getByLabel("Name").fill(MC_USER);
  await page.getByLabel("Passphrase").fill(MC_PASSPHRASE);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("main", { name: "Secrets" }).waitFor();
});

after(async () => {
  await browser?.close();
  await fake?.stop();
});

test("a key is set in the console, and from then on the model answers", { skip }, async () => {
  assert.equal((await ask("gpt-5-nano")).status, 503, "no key yet");
  await page.getByText("The vault is unsealed").waitFor();
  await rowOf("Provider keys", "openai").getByRole("button", { name: "Set" }).click();
  await page.getByLabel("Key", { exact: true }).fill(KEYS.first);
  await page.getByRole("button", { name: "Store" }).click();
  await rowOf("Provider keys", "openai").getByText("configured").waitFor();
  const { status, body } = await ask("gpt-5-nano");
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(fake.openai.requests.at(-1).key, KEYS.first);
});

test("outside of Developer Mode a key is neither shown nor replaced", { skip }, async () => {
  const row = rowOf("Provider keys", "openai");
  assert.equal(await row.getByRole("button", { name: "Show" }).isDisabled(), true);
  await row.getByRole("button", { name: "Replace" }).click();
  await page.getByLabel("Key", { exact: true }).fill(KEYS.next);
  await page.getByLabel("Your passphrase").fill(MC_PASSPHRASE);
  await page.getByRole("dialog").getByRole("button", { name: "Replace" }).click();
  await page.getByRole("alert").filter({ hasText: /Developer Mode/i }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
});

test("in Developer Mode the passphrase shows a key once, and a wrong one does not", { skip }, async () => {
  await missionctl("flags", "set", "devMode=true");
  const row = rowOf("Provider keys", "openai");
  await row.getByRole("button", { name: "Show", disabled: false }).click();
  await page.getByLabel("Your passphrase").fill("not the passphrase");
  await page.getByRole("dialog").getByRole("button", { name: "Show" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Your passphrase").fill(MC_PASSPHRASE);
  await page.getByRole("dialog").getByRole("button", { name: "Show" }).click();
  await page.locator("[data-part=secret]").filter({ hasText: KEYS.first }).waitFor();
  await page.getByRole("button", { name: "Hide now" }).click();
  await page.locator("[data-part=secret]").waitFor({ state: "detached" });
});

test("a key that is replaced is used by the very next call", { skip }, async () => {
  const row = rowOf("Provider keys", "openai");
  await row.getByRole("button", { name: "Replace" }).click();
  await page.getByLabel("Key", { exact: true }).fill(KEYS.next);
  await page.getByLabel("Your passphrase").fill(MC_PASSPHRASE);
  await page.getByRole("dialog").getByRole("button", { name: "Replace" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await ask("gpt-5-nano")).status, 200);
  assert.equal(fake.openai.requests.at(-1).key, KEYS.next);
});

test("the models show who can answer, and who cannot and why", { skip }, async () => {
  await link("Models").click();
  assert.match(page.url(), /\/models\?/);
  await rowOf("Models", "openai/gpt-5-nano").getByText("available").waitFor();
  await rowOf("Models", "anthropic/claude-haiku-5-5").getByText("no secret").waitFor();
  await rowOf("Models", "openai/gpt-5-nano").click();
  await page.getByRole("table", { name: "Prices" }).waitFor();
});

test("the preview says which model would answer, and follows what the call needs", { skip }, async () => {
  await page.getByLabel("Model as asked").fill("tier:3");
  const first = page.getByRole("list", { name: "Candidates" }).first().getByRole("listitem").first();
  await first.filter({ hasText: "gpt-5-nano" }).waitFor();
  await first.getByLabel("chosen").waitFor();
  await page.getByLabel("Model as asked").fill("no-such-model");
  await page.getByRole("alert").filter({ hasText: "no-such-model" }).waitFor();
});

test("a decision opens to every candidate, on the page and on the run's timeline", { skip }, async () => {
  assert.equal((await ask("tier:3")).status, 200);
  const row = page.getByRole("table", { name: "Last decisions" }).locator("tr[data-row]").filter({ hasText: "tier:3" }).first();
  await row.click();
  const decision = page.getByRole("table", { name: "Last decisions" }).locator("[data-decision]");
  await decision.locator('[data-excluded="no_secret"]').first().waitFor();
  await page.goto(`${MC_URL}/?root=${ROOT}&run=${RUN}&density=pro&tab=timeline`);
  await page.locator("[data-event]").filter({ hasText: "model_selected" }).last().click();
  const inspected = page.getByRole("region", { name: "Event" });
  await inspected.locator('[data-candidate="openai/gpt-5-nano"]').getByLabel("chosen").waitFor();
  assert.doesNotMatch(await page.locator("body").innerText(), /sk-simulated/);
});

test("a page opens from its address and from the palette", { skip }, async () => {
  await page.goto(`${MC_URL}/models`);
  await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("secrets");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Secrets", level: 1 }).waitFor();
});
