// Lighthouse on the pages that anybody may open, on an account's and on the admin zone's.
"use strict";
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const { BROWSER, freePort, start } = require("./service.js");

/** Speed is measured again if the machine was busy. */
const ATTEMPTS = 3;
const DEMANDED = { accessibility: 1, "best-practices": 1, seo: 1, performance: 0.95 };

let lighthouse;
let browser;
let port;
let service;
let cookies;
before(async () => {
  lighthouse = (await import(pathToFileURL(require.resolve("lighthouse")))).default;
  port = await freePort();
  const args = [...BROWSER.args, `--remote-debugging-port=${port}`];
  browser = await chromium.launch({ ...BROWSER, args });
  service = await start("sqlite");
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(service.setup);
  await page.locator("#setup [name=email]").fill("root@example.com");
  await page.locator("#setup [name=password]").fill("seven green herons");
  await page.locator("#setup button[type=submit]").click();
  await page.waitForURL("**/account");
  cookies = await context.cookies();
  await context.close();
});
after(async () => {
  await browser.close();
  await service.stop();
});

/** What the browser of the superuser sends. */
const session = () => cookies.map(({ name, value }) => `${name}=${value}`).join("; ");

const GUEST = ["/login", "/register", "/forgot-password", "/confirm-email"];
const ROOT = ["/account", "/account/sessions", "/account/security", "/admin/", "/admin/users", "/admin/settings"];

for (const path of [...GUEST, ...ROOT]) {
  test(path, async () => {
    let lacking;
    for (let attempt = 0; attempt < ATTEMPTS && lacking !== ""; attempt += 1) {
      const { lhr } = await lighthouse(service.origin + path, {
        port,
        extraHeaders: { Cookie: ROOT.includes(path) ? session() : "" },
        logLevel: "error",
        onlyCategories: Object.keys(DEMANDED),
      });
      const missed = Object.values(lhr.audits)
        .filter((a) => a.score !== null && a.score < 0.9 && a.scoreDisplayMode !== "informative")
        .map((a) => a.id);
      assert.equal(new URL(lhr.finalDisplayedUrl).pathname, path);
      lacking = Object.entries(DEMANDED)
        .filter(([name, score]) => lhr.categories[name].score < score)
        .map(([name]) => `${name}: ${lhr.categories[name].score} (${missed})`)
        .join(", ");
    }
    assert.equal(lacking, "");
  });
}
