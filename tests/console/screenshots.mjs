/**
 * The pictures of docs/images, taken in Chromium from a running stack.
 *
 *     MC_URL, MC_INGEST_URL, MC_ROUTER_URL, MC_USER, MC_PASSPHRASE, MISSIONCTL: a stack of one's own
 *     node tests/console/screenshots.mjs docs/images            those of the docs
 *     MC_THEMES=dark,light MC_WIDTH=1280 node tests/console/screenshots.mjs build/test/pictures all
 */
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { openScene, ROOT } from "./scene.mjs";

const require = createRequire(new URL("../../services/console/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const { MC_URL, MC_INGEST_URL, MC_ROUTER_URL, MC_USER, MC_PASSPHRASE, MISSIONCTL } = process.env;
const CHROMIUM = process.env.MC_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const [folder = "docs/images", ...names] = process.argv.slice(2);
const SIZE = { width: Number(process.env.MC_WIDTH ?? 1440), height: 900 };

const held = (page, word) => page.locator(`[data-hold-scope="tree"][data-hold="${word}"]`).waitFor();

/** A listener that is told of holds and says nothing: what waits for it stays in sight. */
const SILENT = { id: "agent-notebook", kind: "agent", rootTaskId: ROOT, runId: `${ROOT}-security-fuzzer`, taskId: "checkout-security-fuzzer", tier: 3, actor: "tier3_security_fuzzer", enforcement: "weak" };

/** In their order: each goes on from where the one before left the fleet. Those of the docs are taken by themselves. */
const PICTURES = [
  { name: "mission", isDoc: true, path: `/?root=${ROOT}&density=pro&run=${ROOT}-security-fuzzer&tab=timeline`, ready: (page) => page.locator("[data-event]").first().waitFor() },
  ...["balanced", "minimal"].map((density) => ({ name: density, path: `/?root=${ROOT}&density=${density}`, ready: (page) => page.locator("[data-run]").nth(6).waitFor() })),
  { name: "table", path: `/?root=${ROOT}&view=table`, ready: (page) => page.locator("[data-run]").nth(6).waitFor() },
  {
    name: "pause",
    path: `/?root=${ROOT}&density=pro`,
    ready: async (page) => {
      await page.locator("[data-run]").nth(6).waitFor();
      await page.keyboard.press("Shift+P");
      await page.getByLabel("Reason").fill("The provider limits us until 15:00");
    },
  },
  {
    name: "stop",
    path: `/?root=${ROOT}&density=pro`,
    ready: async (page) => {
      await page.locator("[data-run]").nth(6).waitFor();
      await page.keyboard.press("Shift+S");
      await page.getByRole("button", { name: "Go on…" }).click();
    },
  },
  {
    name: "menu",
    path: `/?root=${ROOT}&density=balanced`,
    ready: async (page) => {
      for (const at of [5, 6, 7]) await page.locator("[data-run]").nth(at).click({ modifiers: ["Control"] });
      await page.locator("[data-run]").nth(6).click({ button: "right" });
      await page.getByRole("menu").waitFor();
    },
  },
  {
    name: "palette",
    path: `/?root=${ROOT}&density=pro`,
    ready: async (page) => {
      await page.locator("[data-run]").nth(6).waitFor();
      await page.keyboard.press("Control+k");
      await page.keyboard.type("pause");
    },
  },
  {
    name: "keys",
    path: `/?root=${ROOT}&density=pro`,
    ready: async (page) => {
      await page.locator("[data-run]").nth(6).waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
    },
  },
  {
    name: "pausing",
    isDoc: true,
    path: `/?root=${ROOT}&density=pro`,
    before: async ({ api }) => {
      await api.ask("POST", "/api/v1/control/parts", SILENT);
      await api.command("control_scope", { rootTaskId: ROOT, action: "pause", scopeType: "tree", reason: "The provider limits us until 15:00", mode: "boundary" });
    },
    ready: async (page) => {
      await held(page, "pausing");
      await page.locator('[data-hold-scope="tree"]').click();
      await page.locator("[data-missing]").first().waitFor();
    },
  },
  {
    name: "control",
    isDoc: true,
    path: `/control?root=${ROOT}`,
    ready: async (page) => {
      await page.getByRole("table", { name: "Receipts" }).locator("tr[data-row]").first().click();
      await page.locator("[data-receipt-open]").waitFor();
      await page.getByRole("button", { name: "Verify the chain" }).click();
      await page.locator('[data-chain="whole"]').waitFor();
      await page.getByRole("main").evaluate((main) => main.scrollTo(0, 0));
    },
  },
  {
    name: "budgets",
    isDoc: true,
    path: `/budgets?root=${ROOT}`,
    before: async ({ api, spendMore }) => {
      await api.command("control_scope", { rootTaskId: ROOT, action: "resume", scopeType: "tree" });
      await spendMore();
    },
    ready: (page) => page.locator("[data-budget]").nth(6).waitFor(),
  },
  {
    name: "new-budget",
    path: `/budgets?root=${ROOT}`,
    ready: async (page) => {
      await page.getByRole("button", { name: "New budget" }).click();
      await page.getByRole("dialog", { name: "New budget" }).waitFor();
    },
  },
  {
    name: "approve",
    path: `/budgets?root=${ROOT}`,
    ready: async (page) => {
      await page.locator("[data-request]").first().getByRole("button", { name: /^Approve/ }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
];

const isWanted = ({ name, isDoc }) => (names.length === 0 ? isDoc === true : names.includes(name) || names.includes("all"));

async function signIn(page) {
  await page.goto(MC_URL);
  await page.getByLabel("Name").fill(MC_USER);
  await page.getByLabel("Passphrase").fill(MC_PASSPHRASE);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("header").waitFor();
}

const scene = await openScene({ url: MC_URL, ingest: MC_INGEST_URL, router: MC_ROUTER_URL, missionctl: MISSIONCTL });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--headless"] });
mkdirSync(folder, { recursive: true });
try {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: "dark", reducedMotion: "reduce" });
  const page = await context.newPage();
  await signIn(page);
  for (const picture of PICTURES) {
    const { name, path, before, ready } = picture;
    await before?.(scene);
    if (!isWanted(picture)) continue;
    for (const theme of process.env.MC_THEMES?.split(",") ?? ["dark"]) {
      await page.goto(`${MC_URL}${path}&theme=${theme}`);
      await ready(page);
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: `${folder}/${name}${theme === "dark" ? "" : `-${theme}`}.png` });
    }
  }
} finally {
  await browser.close();
  await scene.close();
}
