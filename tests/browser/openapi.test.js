// The OpenAPI document in the hands of other people's tools, and the page that shows it.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { chromium } = require("playwright-core");
const { BROWSER, start } = require("./service.js");

const { REDOCLY, OPENAPI_SPEC_VALIDATOR } = process.env;
const ANN = { email: "ann@example.com", password: "seven green herons" };

let service;
let browser;
before(async () => {
  service = await start("sqlite");
  browser = await chromium.launch(BROWSER);
});
after(async () => {
  await browser.close();
  await service.stop();
});

/** Hands the document to a program as a file. */
async function judge(program, ...args) {
  assert.ok(program, "scripts/test says where the validators are");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-openapi-"));
  const file = path.join(folder, "openapi.json");
  const reply = await fetch(`${service.origin}/openapi.json`);
  fs.writeFileSync(file, await reply.text());
  try {
    execFileSync(program, [...args, file], { encoding: "utf8", stdio: "pipe" });
  } catch (e) {
    assert.fail(`${path.basename(program)}: ${e.stdout}${e.stderr}`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test("openapi-spec-validator finds the document valid", () => judge(OPENAPI_SPEC_VALIDATOR));

test("redocly finds the document valid", () => judge(REDOCLY, "lint"));

/** Opens an operation on the page and gets its form ready. */
async function open(page, method, route) {
  const block = page.locator(`.opblock-${method}`)
    .filter({ has: page.locator(`[data-path="${route}"]`) });
  await block.locator(".opblock-summary-control").first().click();
  await block.getByRole("button", { name: "Try it out" }).click();
  return block;
}

/** Executes, and gives what was sent, what the page shows of it, and what came back. */
async function execute(page, block) {
  const sent = page.waitForRequest((request) => !request.url().includes("/docs/"));
  await block.getByRole("button", { name: "Execute" }).click();
  const request = await sent;
  const response = await request.response();
  const shown = await block.locator(".request-url pre").innerText();
  const curl = await block.locator(".curl").innerText();
  return { request, response, shown, curl };
}

test("Execute sends what the page shows, and what the examples say works", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (e) => errors.push(e.message));
  await page.goto(`${service.origin}/docs/`);

  const register = await open(page, "post", "/auth/register");
  await register.locator("textarea").fill(JSON.stringify(ANN));
  const registered = await execute(page, register);
  assert.equal(registered.response.status(), 201);
  assert.equal(registered.shown, registered.request.url());
  assert.deepEqual(registered.request.postDataJSON(), ANN);
  assert.ok(registered.curl.includes(ANN.email));

  const login = await open(page, "post", "/auth/login");
  // The example names a user by one of three fields: filled in as it stands it is a valid request.
  const example = JSON.parse(await login.locator("textarea").inputValue());
  assert.deepEqual(Object.keys(example).sort(), ["email", "password"]);
  await login.locator("textarea").fill(JSON.stringify(ANN));
  const loggedIn = await execute(page, login);
  assert.equal(loggedIn.response.status(), 200);
  assert.equal(loggedIn.request.headers()["content-type"], "application/json");
  const { token } = await loggedIn.response.json();

  // By the cookie that the login has set, which a page cannot read and a browser sends by itself.
  const me = await open(page, "get", "/auth/me");
  const byCookie = await execute(page, me);
  assert.equal(byCookie.response.status(), 200);
  assert.equal(byCookie.request.headers().authorization, undefined);

  await page.getByRole("button", { name: "Authorize" }).first().click();
  await page.locator(".auth-container").filter({ hasText: "bearer" }).locator("input").fill(token);
  await page.locator(".auth-container").filter({ hasText: "bearer" })
    .getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".btn-done").first().click();
  const byToken = await execute(page, me);
  assert.equal(byToken.response.status(), 200);
  assert.equal(byToken.request.headers().authorization, `Bearer ${token}`);
  assert.ok(byToken.curl.includes(`Authorization: Bearer ${token}`));

  // A dialect's form, as a form.
  const dialect = await open(page, "post", "/api/token");
  await dialect.locator("select[aria-label='Request content type']")
    .selectOption("application/x-www-form-urlencoded");
  for (const name of ["email", "password"]) {
    await dialect.locator(`tr[data-property-name=${name}] input:not([type=checkbox])`).fill(ANN[name]);
  }
  const form = await execute(page, dialect);
  assert.equal(form.request.headers()["content-type"], "application/x-www-form-urlencoded");
  assert.equal(form.response.status(), 200);
  assert.deepEqual(Object.keys(await form.response.json()).sort(), ["access", "refresh"]);

  assert.deepEqual(errors, []);
  await context.close();
});
