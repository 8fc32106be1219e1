// How the pages look and read: axe-core finds nothing on any page, in any state, scheme or width. If PICTURES
// names a folder, a picture of each is kept there.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { chromium } = require("playwright-core");
const { BROWSER, start } = require("./service.js");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = process.env.PICTURES;
const PASSWORD = "seven green herons";
const WIDTHS = { phone: { width: 390, height: 800 }, desktop: { width: 1280, height: 860 } };

/** Sends what is in a form, past what the browser would refuse. */
const send = (form) => async (page) => {
  await page.locator(`#${form}`).evaluate((f) => {
    f.noValidate = true;
  });
  await Promise.all([page.waitForNavigation(), page.locator(`#${form} button[type=submit]`).click()]);
};
const open = (form) => (page) => page.locator(`details:has(#${form}) summary`).click();

/** Every page in every state: name, path, what is done on it. */
const GUEST = [
  ["login", "/login"],
  ["login-errors", "/login", send("login")],
  ["login-wrong", "/login", async (page) => {
    await page.locator("#login [name=login]").fill("ann@example.com");
    await page.locator("#login [name=password]").fill("not this one");
    await send("login")(page);
  }],
  ["register", "/register"],
  ["register-errors", "/register", async (page) => {
    await page.locator("#register [name=email]").fill("ann@example");
    await page.locator("#register [name=username]").fill("@");
    await page.locator("#register [name=password]").fill("short");
    await send("register")(page);
  }],
  // Before the browser requests another mail.
  ["mail-login-link", "MAIL_LOGIN"],
  ["mail-login", "/login/mail"],
  ["mail-login-errors", "/login/mail", send("mail")],
  ["mail-login-code", "/login/mail", async (page) => {
    await page.locator("#mail [name=email]").fill("nobody@example.com");
    await send("mail")(page);
  }],
  ["mail-login-code-errors", "/login/mail", async (page) => {
    await page.locator("#mail [name=email]").fill("nobody@example.com");
    await send("mail")(page);
    await page.locator("#code [name=code]").fill("000 000");
    await send("code")(page);
  }],
  ["mail-login-expired", "/login/mail/link?token=x"],
  ["forgot", "/forgot-password"],
  ["forgot-errors", "/forgot-password", send("forgot")],
  ["reset", "RESET"],
  ["reset-errors", "RESET", async (page) => {
    await page.locator("#reset [name=new_password]").fill("short");
    await send("reset")(page);
  }],
  ["reset-expired", "/reset-password?token=x"],
  ["confirm", "CONFIRM"],
  ["confirm-open", "CONFIRM", async (page) => {
    await open("reset")(page);
    await open("decline")(page);
  }],
  ["confirm-errors", "CONFIRM", async (page) => {
    await page.locator("#confirm [name=password]").fill("not this one");
    await send("confirm")(page);
  }],
  ["confirm-change", "CHANGE", (page) => open("decline")(page)],
  ["restore", "RESTORE"],
  ["restore-expired", "/restore-email?token=x"],
  ["report", "REPORT"],
  ["report-expired", "/report-login?token=x"],
  ["confirm-expired", "/confirm-email?token=x"],
  ["confirm-again-errors", "/confirm-email", send("again")],
  ["setup", "SETUP"],
  ["setup-errors", "SETUP", send("setup")],
  ["setup-expired", "/setup?token=x"],
  ["error-404", "/nothing"],
  ["error-405", "/logout"],
  ["mails", "/dev/mail"],
  // Of a service whose accounts take invitations.
  ["register-by-invitation", "BY_INVITATION"],
  ["register-invited", "INVITE"],
  ["register-invited-errors", "INVITE", send("register")],
  ["register-invite-expired", "EXPIRED"],
];
const USER = [
  ["account", "/account"],
  ["account-open", "/account", async (page) => {
    await open("email")(page);
    await open("delete")(page);
  }],
  ["account-profile-errors", "/account", async (page) => {
    await page.locator("#profile [name=username]").fill("@");
    await send("profile")(page);
  }],
  ["account-email-errors", "/account", async (page) => {
    await open("email")(page);
    await send("email")(page);
  }],
  ["account-code-errors", "/account", async (page) => {
    await open("code")(page);
    await page.locator("#code [name=code]").fill("000 000");
    await send("code")(page);
  }],
  ["account-password-errors", "/account", send("password")],
  ["account-delete-errors", "/account", async (page) => {
    await open("delete")(page);
    await send("delete")(page);
  }],
  ["sessions", "/account/sessions"],
  ["security", "/account/security"],
  ["security-notifications", "/account/security", send("notifications")],
  ["mail-login-elsewhere", "MAIL_LOGIN"],
];

/** The admin zone, as a superuser sees it. */
const ROOT = [
  ["admin-overview", "/admin/"],
  ["admin-users", "/admin/users"],
  ["admin-users-none", "/admin/users?search=nobody+at+all"],
  ["admin-user", "USER"],
  ["admin-user-errors", "USER", async (page) => {
    await page.locator("#grant [name=role]").fill("no role!");
    await send("grant")(page);
  }],
  ["admin-invitations", "/admin/invitations"],
  ["admin-invitations-errors", "/admin/invitations", send("invite")],
  ["admin-settings", "/admin/settings"],
  ["admin-settings-errors", "/admin/settings", async (page) => {
    await page.locator("#settings [name=access_token_lifetime]").fill("soon");
    await send("settings")(page);
  }],
  ["admin-audit", "/admin/audit"],
  ["admin-audit-errors", "/admin/audit?user=x"],
  ["admin-mail", "/admin/mail"],
  ["admin-keys", "/admin/keys"],
  ["admin-keys-errors", "/admin/keys", send("rotate")],
  ["admin-prove", "/admin/prove"],
  ["admin-prove-errors", "/admin/prove", send("prove")],
];

let browser;
let service;
let invites;
before(async () => {
  if (PICTURES) fs.mkdirSync(PICTURES, { recursive: true });
  browser = await chromium.launch(BROWSER);
  service = await start("sqlite");
  invites = await start("sqlite", { PORTCULLIS_REGISTRATION: "invite" });
  const page = await browser.newPage();
  await page.goto(invites.setup);
  await page.locator("#setup [name=email]").fill("root@example.com");
  await page.locator("#setup [name=password]").fill(PASSWORD);
  await send("setup")(page);
  await page.close();
});
after(async () => {
  await browser.close();
  await Promise.all([service.stop(), invites.stop()]);
});

async function post(context, lang, to, body, { origin } = service) {
  const reply = await context.request.post(origin + to, {
    data: body,
    headers: { Origin: origin, "Accept-Language": lang },
  });
  assert.ok(reply.ok(), `${to} ${reply.status()}`);
}

/** What an invitation leads to. */
async function invitation(lang, email) {
  const root = await browser.newContext();
  await post(root, lang, "/auth/login", { email: "root@example.com", password: PASSWORD }, invites);
  await post(root, lang, "/auth/admin/invitations", { email }, invites);
  await root.close();
  return (await invites.mail(email)).links[0];
}

/** What axe finds, and what is wider than the window. */
async function faults(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  const told = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
      .filter((e) => e.checkVisibility() && !e.closest(".unseen, .skip"))
      .filter((e) => e.getBoundingClientRect().height < 24)
      .map((e) => `under 24 px: ${e.outerHTML}`),
  );
  return [...told, ...small, ...(wide ? ["wider than the window"] : [])];
}

/** The only page of a context: a new one for each test would start a process each time. */
async function pageOf(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  page.removeAllListeners("pageerror");
  return page;
}

/** Looks at every page in one language and colour scheme. */
function look(lang, scheme) {
  describe(`${lang}, ${scheme}`, { concurrency: 1 }, () => {
    const email = `ann.${lang}.${scheme}@example.com`;
    let guest;
    let user;
    let root;
    const links = {};
    before(async () => {
      const options = {
        locale: lang === "ru" ? "ru-RU" : "en-GB",
        colorScheme: scheme,
        reducedMotion: "reduce",
        bypassCSP: true,
      };
      [guest, user, root] = await Promise.all([1, 2, 3].map(() => browser.newContext(options)));
      const own = { email: "root@example.com", password: PASSWORD };
      await post(root, lang, "/auth/login", own, invites);
      links.USER = `${invites.origin}/admin/users/1`;
      await (await root.newPage()).goto(`${invites.origin}/account?lang=${lang}`);
      const first_name = lang === "ru" ? "Анна" : "Ann";
      await post(user, lang, "/auth/register", { email, password: PASSWORD, first_name });
      links.CONFIRM = (await service.mail(email)).links[0];
      await post(guest, lang, "/auth/login", { email, password: PASSWORD });
      await guest.clearCookies();
      await post(user, lang, "/auth/login", { email, password: PASSWORD });
      await post(guest, lang, "/auth/password/forgot", { email });
      links.RESET = (await service.mail(email)).links[0];
      links.SETUP = service.setup;
      const mover = await browser.newContext(options);
      const [old, moved, next] = ["old", "moved", "next"].map((name) => `${name}.${email}`);
      const token = async (to) => new URL((await service.mail(to)).links[0]).searchParams.get("token");
      await post(mover, lang, "/auth/register", { email: old, password: PASSWORD });
      await post(mover, lang, "/auth/email/confirm", { token: await token(old) });
      await post(mover, lang, "/auth/login", { email: old, password: PASSWORD });
      await post(mover, lang, "/auth/email", { email: moved, password: PASSWORD });
      await post(mover, lang, "/auth/email/confirm", { token: await token(moved) });
      links.RESTORE = (await service.mail(old)).links[0];
      const requested = await pageOf(guest);
      await requested.goto(`${service.origin}/login/mail`);
      await requested.locator("#mail [name=email]").fill(moved);
      await send("mail")(requested);
      links.MAIL_LOGIN = (await service.mail(moved)).links[0];
      const other = await browser.newContext({ userAgent: "another browser" });
      await post(other, lang, "/auth/login", { email: moved, password: PASSWORD });
      links.REPORT = (await service.mail(moved)).links[0];
      await other.close();
      await post(mover, lang, "/auth/email", { email: next, password: PASSWORD });
      links.CHANGE = (await service.mail(next)).links[0];
      await mover.close();
      links.BY_INVITATION = `${invites.origin}/register`;
      links.INVITE = await invitation(lang, email);
      links.EXPIRED = `${links.BY_INVITATION}?invite=${crypto.randomUUID()}`;
    });
    after(() => Promise.all([guest, user, root].map((context) => context.close())));

    for (const [pages, who, at] of [
      [GUEST, () => guest, () => service],
      [USER, () => user, () => service],
      [ROOT, () => root, () => invites],
    ]) {
      for (const [name, where, act] of pages) {
        test(name, async () => {
          const page = await pageOf(who());
          const errors = [];
          page.on("pageerror", (e) => errors.push(String(e)));
          for (const [width, size] of Object.entries(WIDTHS)) {
            await page.setViewportSize(size);
            await page.goto(links[where] ?? at().origin + where);
            await act?.(page);
            assert.deepEqual(await faults(page), [], `${name}, ${width}`);
            const file = `${name}-${lang}-${scheme}-${width}.png`;
            if (PICTURES) await page.screenshot({ path: path.join(PICTURES, file), fullPage: true });
          }
          // The narrowest window there is, which is also 1280 pixels at 400 % (WCAG 1.4.10).
          await page.setViewportSize({ width: 320, height: 640 });
          assert.deepEqual(await faults(page), [], `${name}, 320 px`);
          assert.deepEqual(errors, []);
        });
      }
    }
  });
}

// Two at once, because each uses one processor.
describe("pages", { concurrency: 2 }, () => {
  for (const lang of ["en", "ru"]) {
    for (const scheme of ["light", "dark"]) look(lang, scheme);
  }
});

test("no page breaks its own policy", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const told = [];
  page.on("console", (message) => told.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(service.origin)) told.push(request.url());
  });
  for (const [, where] of GUEST.filter(([, where]) => where.startsWith("/"))) {
    await page.goto(service.origin + where);
  }
  const expected = (line) => /status of 40[045]/.test(line);
  assert.deepEqual(told.filter((line) => !expected(line)), []);
  await context.close();
});
