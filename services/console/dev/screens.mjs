// Takes pictures of the console for looking at: node dev/screens.mjs <address> <folder> [name ...]
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [address = "http://127.0.0.1:4173", folder = "/tmp/screens", ...names] = process.argv.slice(2);
const user = process.env.MC_USER ?? "operator";
const passphrase = process.env.MC_PASSPHRASE ?? "mission";
const SETTLE_MS = 1500;

const card = async (page, at = 12) => {
  await page.locator("[data-run]").nth(at).click();
  await page.waitForSelector("[data-event]");
};

const SCREENS = {
  login: { isOut: true },
  "login-light": { isOut: true, query: "?theme=light" },
  "pro-dark": { query: "?density=pro&theme=dark" },
  "pro-light": { query: "?density=pro&theme=light" },
  "balanced-dark": { query: "?density=balanced&theme=dark" },
  "balanced-light": { query: "?density=balanced&theme=light" },
  "minimal-dark": { query: "?density=minimal&theme=dark" },
  "minimal-light": { query: "?density=minimal&theme=light" },
  "table-dark": { query: "?view=table&theme=dark" },
  "timeline-dark": { query: "?density=pro&theme=dark", act: (page) => card(page) },
  "timeline-light": { query: "?density=balanced&theme=light", act: (page) => card(page) },
  "waterfall-dark": {
    query: "?density=pro&theme=dark",
    act: async (page) => {
      await card(page);
      await page.keyboard.press("2");
    },
  },
  "terminal-dark": {
    query: "?density=pro&theme=dark",
    act: async (page) => {
      await card(page);
      await page.keyboard.press("3");
      await page.waitForSelector(".xterm-rows");
    },
  },
  "terminal-light": {
    query: "?density=pro&theme=light",
    act: async (page) => {
      await card(page);
      await page.keyboard.press("3");
      await page.waitForSelector(".xterm-rows");
    },
  },
  "payload-dark": {
    query: "?density=minimal&theme=dark",
    act: async (page) => {
      await card(page, 3);
      await page.keyboard.press("4");
    },
  },
  "event-dark": {
    query: "?density=pro&theme=dark",
    act: async (page) => {
      await card(page);
      await page.locator("[data-event]").nth(6).click();
    },
  },
  "palette-dark": { query: "?density=pro&theme=dark", act: (page) => page.keyboard.press("Control+k") },
  "keys-dark": { query: "?density=pro&theme=dark", act: (page) => page.keyboard.press("?") },
  "filter-dark": { query: "?density=pro&theme=dark&status=failed", act: (page) => page.locator('[data-facet="persona"]').click() },
  "roots-light": { query: "?density=pro&theme=light", act: (page) => page.locator('button[aria-label^="Root:"]').click() },
};

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--headless"] });
for (const [name, screen] of Object.entries(SCREENS)) {
  if (names.length > 0 && !names.some((one) => name.startsWith(one))) continue;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") console.log(name, message.type(), message.text().slice(0, 300));
  });
  page.on("pageerror", (error) => console.log(name, "pageerror", error.message));
  await page.goto(`${address}/${screen.query ?? ""}`);
  if (screen.isOut !== true) {
    await page.fill('[name="username"]', user);
    await page.fill('[name="passphrase"]', passphrase);
    await page.click('button[type="submit"]');
    await page.waitForSelector("header");
  }
  await page.waitForTimeout(SETTLE_MS);
  await screen.act?.(page);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: `${folder}/${name}.png` });
  await context.close();
}
await browser.close();
