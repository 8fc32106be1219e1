// Six tabs of one browser that refresh as fast as they can: none of them is ever refused.
"use strict";
const assert = require("node:assert/strict");
const { after, before, describe, test } = require("node:test");
const { chromium } = require("playwright-core");
const { BROWSER, ENGINES, start } = require("./service.js");

const TABS = 6;
const REFRESHES = 117;

let browser;
before(async () => {
  browser = await chromium.launch(BROWSER);
});
after(() => browser.close());

for (const engine of ENGINES) {
  describe(engine, () => {
    let service;
    before(async () => {
      service = await start(engine);
    });
    after(() => service.stop());

    test("six tabs that race through 700 refreshes do not log each other out", async () => {
      const context = await browser.newContext();
      const first = await context.newPage();
      await first.goto(`${service.origin}/register`);
      await first.locator("#register [name=email]").fill("ann@example.com");
      await first.locator("#register [name=password]").fill("seven green herons");
      await first.locator("#register button[type=submit]").click();
      await first.waitForURL(`${service.origin}/account`);
      const tabs = [first];
      while (tabs.length < TABS) {
        const tab = await context.newPage();
        await tab.goto(`${service.origin}/account`);
        tabs.push(tab);
      }
      const refresh = async (times) => {
        const answers = [];
        for (let n = 0; n < times; n += 1) {
          const reply = await fetch("/auth/refresh", { method: "POST" });
          answers.push(reply.status === 200 ? "200" : `${reply.status} ${(await reply.json()).code}`);
        }
        return answers;
      };
      const all = (await Promise.all(tabs.map((tab) => tab.evaluate(refresh, REFRESHES)))).flat();
      assert.equal(all.length, TABS * REFRESHES);
      assert.deepEqual(all.filter((answer) => answer !== "200"), []);
      for (const tab of tabs) {
        await tab.reload();
        assert.equal(tab.url(), `${service.origin}/account`);
      }
      await context.close();
    });
  });
}
