// Lighthouse on the pages that anybody may open.
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
before(async () => {
  lighthouse = (await import(pathToFileURL(require.resolve("lighthouse")))).default;
  port = await freePort();
  const args = [...BROWSER.args, `--remote-debugging-port=${port}`];
  browser = await chromium.launch({ ...BROWSER, args });
  service = await start("sqlite");
});
after(async () => {
  await browser.close();
  await service.stop();
});

for (const path of ["/login", "/register", "/forgot-password"]) {
  test(path, async () => {
    let lacking;
    for (let attempt = 0; attempt < ATTEMPTS && lacking !== ""; attempt += 1) {
      const { lhr } = await lighthouse(service.origin + path, {
        port,
        logLevel: "error",
        onlyCategories: Object.keys(DEMANDED),
      });
      const missed = Object.values(lhr.audits)
        .filter((a) => a.score !== null && a.score < 0.9 && a.scoreDisplayMode !== "informative")
        .map((a) => a.id);
      lacking = Object.entries(DEMANDED)
        .filter(([name, score]) => lhr.categories[name].score < score)
        .map(([name]) => `${name}: ${lhr.categories[name].score} (${missed})`)
        .join(", ");
    }
    assert.equal(lacking, "");
  });
}
