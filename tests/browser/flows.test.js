// Everything people do on the pages, in a real browser: with scripts and without, in two languages.
"use strict";
const assert = require("node:assert/strict");
const { after, before, describe, test } = require("node:test");
const { chromium } = require("playwright-core");
const { BROWSER, ENGINES, start } = require("./service.js");

const PASSWORD = "seven green herons";
const OTHER = "nine quiet kettles";

/** The ways in which every flow is gone through. */
const WAYS = [
  { lang: "en", scripts: true, scheme: "light" },
  { lang: "en", scripts: false, scheme: "dark" },
  { lang: "ru", scripts: true, scheme: "dark" },
  { lang: "ru", scripts: false, scheme: "light" },
];

/** What pages say, by language. */
const SAYS = {
  en: {
    welcome: "Welcome!", confirmed: "You can now use your account with", out: "You’re logged out",
    changed: "Password changed", sent: "a link is on its way", saved: "Profile saved",
    ended: "Session ended", others: "All other sessions ended", deleted: "Your account is deleted",
    wrong: "wrong", mailed: "sent a link and a code to your new email", show: "Show", button: "Confirm email",
    ready: "Your account is ready",
  },
  ru: {
    welcome: "Добро пожаловать!", confirmed: "Теперь вы можете пользоваться учётной записью с адресом", out: "Вы вышли",
    changed: "Пароль изменён", sent: "ссылка уже в пути", saved: "Профиль сохранён",
    ended: "Сеанс завершён", others: "Все остальные сеансы завершены", deleted: "Учётная запись удалена",
    wrong: "неверно", mailed: "отправили ссылку и код на новый адрес", show: "Показать", button: "Подтвердить адрес",
    ready: "Учётная запись готова",
  },
};

let browser;
before(async () => {
  browser = await chromium.launch(BROWSER);
});
after(() => browser.close());

/** A browser of somebody, as a `way` has it. */
function person(way) {
  return browser.newContext({
    locale: way.lang === "ru" ? "ru-RU" : "en-GB",
    javaScriptEnabled: way.scripts,
    colorScheme: way.scheme,
  });
}

/** Fills in a form and sends it. */
async function send(page, form, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await page.locator(`#${form} [name=${name}]`).fill(value);
  }
  await page.locator(`#${form} button[type=submit]`).click();
  await page.waitForLoadState();
}

async function says(page, text) {
  const body = await page.locator("body").innerText();
  assert.ok(body.includes(text), `"${text}" is not on ${page.url()}: ${body}`);
}

function flows(engine) {
  describe(engine, { concurrency: 1 }, () => {
    let service;
    let count = 0;
    before(async () => {
      service = await start(engine);
    });
    after(() => service.stop());

    const at = (page, path) => page.goto(service.origin + path);
    const path = (page) => page.url().slice(service.origin.length);
    const link = async (email) => (await service.mail(email)).links[0];

    /** Somebody new, who has registered on the page and is logged in. */
    async function registered(way) {
      count += 1;
      const email = `person${count}@example.com`;
      const context = await person(way);
      const page = await context.newPage();
      await at(page, "/register");
      await send(page, "register", { email, password: PASSWORD });
      assert.equal(path(page), "/account");
      return { email, context, page };
    }

    for (const way of engine === "sqlite" ? WAYS : WAYS.slice(1, 3)) {
      const words = SAYS[way.lang];
      describe(`${way.lang}, scripts ${way.scripts ? "on" : "off"}, ${way.scheme}`, () => {
        test("a registration is confirmed by the link alone in the same browser", async () => {
          const { email, context, page } = await registered(way);
          await says(page, words.welcome);
          assert.equal(await page.locator("html").getAttribute("lang"), way.lang);
          await page.goto(await link(email));
          await says(page, words.confirmed);
          await page.goto(await link(email));
          await says(page, words.confirmed);
          await context.close();
        });

        test("in another browser it takes the password", async () => {
          const { email, context } = await registered(way);
          const phone = await person(way);
          const page = await phone.newPage();
          await page.goto(await link(email));
          assert.equal(path(page), "/confirm-email");
          await send(page, "confirm", { password: "not this one" });
          assert.ok(await page.locator("#confirm [name=password][aria-invalid]").isVisible());
          await send(page, "confirm", { password: PASSWORD });
          await says(page, words.confirmed);
          await says(page, email);
          await Promise.all([context.close(), phone.close()]);
        });

        test("who did not register deletes the account, or takes it over", async () => {
          for (const takes of [false, true]) {
            const { email, context, page } = await registered(way);
            const owner = await person(way);
            const theirs = await owner.newPage();
            await theirs.goto(await link(email));
            const form = takes ? "reset" : "decline";
            await theirs.locator(`details:has(#${form}) summary`).click();
            await send(theirs, form, takes ? { new_password: "nine quiet kettles" } : {});
            assert.equal(path(theirs), "/login");
            await at(page, "/account");
            assert.ok(path(page).startsWith("/login"));
            if (takes) {
              await send(theirs, "login", { login: email, password: "nine quiet kettles" });
              assert.equal(path(theirs), "/account");
            }
            await Promise.all([context.close(), owner.close()]);
          }
        });

        test("a code confirms where one is logged in", async () => {
          const { email, context, page } = await registered(way);
          const [code] = /\b\d{6}\b/.exec((await service.mail(email)).text);
          await at(page, "/account");
          await page.locator("details:has(#code) summary").click();
          await send(page, "code", { code });
          assert.ok(await page.locator(".mark.yes").isVisible());
          await context.close();
        });

        test("a login leads to where it was asked for, and a wrong password is told", async () => {
          const { email, context } = await registered(way);
          await context.clearCookies();
          const page = await context.newPage();
          await at(page, "/account/security");
          assert.equal(path(page), "/login?next=%2Faccount%2Fsecurity");
          await send(page, "login", { login: email, password: "not this one" });
          await says(page, words.wrong);
          const alert = page.getByRole("alert");
          assert.ok(await alert.evaluate((e) => e === document.activeElement));
          assert.equal(await page.locator("[name=login]").inputValue(), email);
          assert.equal(await page.locator("[name=password]").inputValue(), "");
          await send(page, "login", { password: PASSWORD });
          assert.equal(path(page), "/account/security");
          await context.close();
        });

        test("a forgotten password is reset, and the link's token leaks nowhere", async () => {
          const { email, context } = await registered(way);
          const phone = await person(way);
          const page = await phone.newPage();
          await at(page, "/login");
          await page.locator("a[href='/forgot-password']").click();
          await send(page, "forgot", { email });
          await says(page, words.sent);
          const url = await link(email);
          const token = new URL(url).searchParams.get("token");
          const told = [];
          const listen = (request) =>
            told.push(request.allHeaders().then(({ referer }) => [request.url(), referer ?? ""]));
          page.on("request", listen);
          await page.goto(url);
          assert.equal(path(page), "/reset-password");
          await send(page, "reset", { new_password: OTHER });
          await says(page, words.changed);
          // What is asked for later is not waited for.
          page.off("request", listen);
          for (const [to, referer] of (await Promise.all(told)).filter(([to]) => to !== url)) {
            assert.ok(!to.includes(token) && !referer.includes(token), to);
          }
          // Every device is logged out, this one logs in anew.
          const old = await context.newPage();
          await at(old, "/account");
          assert.equal(path(old), "/login?next=%2Faccount");
          await send(page, "login", { login: email, password: OTHER });
          assert.equal(path(page), "/account");
          await page.goto(url);
          assert.equal(await page.locator("#reset").count(), 0);
          await Promise.all([context.close(), phone.close()]);
        });

        test("a mail logs in the browser that asked for it, by its link or its code", async () => {
          const { email, context, page } = await registered(way);
          await page.goto(await link(email));
          for (const by of ["link", "code"]) {
            await context.clearCookies();
            await at(page, "/login?next=%2Faccount%2Fsecurity");
            await page.locator("a[href^='/login/mail']").click();
            await send(page, "mail", { email });
            assert.equal(path(page), "/login/mail/code");
            const url = await link(email);
            const [code] = /\b\d{6}\b/.exec((await service.mail(email)).text);
            const phone = await person(way);
            const other = await phone.newPage();
            await other.goto(url);
            assert.equal(path(other), "/login/mail/link");
            assert.equal(await other.locator(".digits").innerText(), code);
            await at(other, "/account");
            assert.ok(path(other).startsWith("/login"));
            await phone.close();
            if (by === "link") {
              await page.goto(url);
              assert.equal(path(page), "/login/mail/link");
              await send(page, "login", {});
            } else {
              await send(page, "code", { code: "x" });
              assert.ok(await page.locator("#code [name=code][aria-invalid]").isVisible());
              await send(page, "code", { code });
            }
            assert.equal(path(page), "/account/security");
          }
          await context.close();
        });

        test("a login from a new device is mailed, and reporting it logs everybody out", async () => {
          const { email, context, page } = await registered(way);
          await page.goto(await link(email));
          const thief = await browser.newContext({ userAgent: "another browser" });
          const theirs = await thief.newPage();
          await at(theirs, "/login");
          await send(theirs, "login", { login: email, password: PASSWORD });
          assert.equal(path(theirs), "/account");
          await page.goto(await link(email));
          assert.equal(path(page), "/report-login");
          await send(page, "report", {});
          assert.equal(path(page), "/reset-password");
          await send(page, "reset", { new_password: OTHER });
          await at(theirs, "/account");
          assert.ok(path(theirs).startsWith("/login"));
          await send(page, "login", { login: email, password: OTHER });
          assert.equal(path(page), "/account");
          await at(page, "/account/security");
          for (const value of ["off", "on"]) {
            const shown = page.locator("#notifications [name=notify_new_devices]");
            assert.equal(await shown.inputValue(), value);
            await send(page, "notifications", {});
          }
          await Promise.all([context.close(), thief.close()]);
        });

        test("profile and language are changed", async () => {
          const { context, page } = await registered(way);
          const other = way.lang === "ru" ? "en" : "ru";
          await page.locator("#profile [name=language]").selectOption(other);
          await send(page, "profile", { first_name: "Ann <b>", username: `Name ${count}` });
          await says(page, SAYS[other].saved);
          assert.equal(await page.locator("#profile [name=first_name]").inputValue(), "Ann <b>");
          assert.equal(await page.locator("html").getAttribute("lang"), other);
          await context.close();
        });

        test("an address changes when the new one is confirmed", async () => {
          const { email, context, page } = await registered(way);
          await page.goto(await link(email));
          await at(page, "/account");
          await page.locator("details:has(#email) summary").click();
          await send(page, "email", { email: `new-${email}`, password: "not this one" });
          assert.ok(await page.locator("#email [name=password][aria-invalid]").isVisible());
          await send(page, "email", { email: `new-${email}`, password: PASSWORD });
          await says(page, words.mailed);
          assert.ok((await service.mail(email)).text.includes(`new-${email}`));
          await page.goto(await link(`new-${email}`));
          await page.getByRole("button", { name: words.button }).click();
          await says(page, words.confirmed);
          await at(page, "/account");
          await says(page, `new-${email}`);
          // The old address takes it back, and the password is chosen anew.
          const owner = await person(way);
          const theirs = await owner.newPage();
          await theirs.goto(await link(email));
          await send(theirs, "restore", {});
          assert.equal(path(theirs), "/reset-password");
          await send(theirs, "reset", { new_password: "nine quiet kettles" });
          await send(theirs, "login", { login: email, password: "nine quiet kettles" });
          assert.equal(path(theirs), "/account");
          await at(page, "/account");
          assert.ok(path(page).startsWith("/login"));
          await owner.close();
          await context.close();
        });

        test("a changed password ends the other sessions", async () => {
          const { email, context, page } = await registered(way);
          const phone = await person(way);
          const other = await phone.newPage();
          await at(other, "/login");
          await send(other, "login", { login: email, password: PASSWORD });
          assert.equal(path(other), "/account");
          await send(page, "password", { current_password: PASSWORD, new_password: OTHER });
          await says(page, words.changed);
          await at(other, "/account");
          assert.equal(path(other), "/login?next=%2Faccount");
          await Promise.all([context.close(), phone.close()]);
        });

        test("sessions are seen and ended", async () => {
          const { email, context, page } = await registered(way);
          const phones = await Promise.all([1, 2].map(() => person(way)));
          for (const phone of phones) {
            const other = await phone.newPage();
            await at(other, "/login");
            await send(other, "login", { login: email, password: PASSWORD });
          }
          await at(page, "/account/sessions");
          await says(page, "Chrome");
          assert.equal(await page.locator(".list > li").count(), 3);
          await page.locator(".list > li:not(:has(.mark)) button").first().click();
          await says(page, words.ended);
          assert.equal(await page.locator(".list > li").count(), 2);
          await page.locator("button.danger").click();
          await says(page, words.others);
          assert.equal(await page.locator(".list > li").count(), 1);
          await at(page, "/account/security");
          assert.ok((await page.locator(".events > li").count()) >= 5);
          await Promise.all([context, ...phones].map((c) => c.close()));
        });

        test("after a logout the back button shows nothing private", async () => {
          const { email, context, page } = await registered(way);
          await says(page, email);
          await page.locator("nav button").click();
          await says(page, words.out);
          await page.goBack();
          await page.waitForLoadState();
          assert.equal(path(page), "/login?next=%2Faccount");
          assert.ok(!(await page.content()).includes(email));
          await context.close();
        });

        test("an account is taken along and deleted", async () => {
          const { email, context, page } = await registered(way);
          const [download] = await Promise.all([
            page.waitForEvent("download"),
            page.locator("a[download]").click(),
          ]);
          assert.equal(download.suggestedFilename(), "account.json");
          await page.locator("details:has(#delete) summary").click();
          await send(page, "delete", { password: PASSWORD });
          await says(page, words.deleted);
          await send(page, "login", { login: email, password: PASSWORD });
          await says(page, words.wrong);
          await context.close();
        });
      });
    }

    for (const way of WAYS) {
      const words = SAYS[way.lang];
      const how = `${way.lang}, scripts ${way.scripts ? "on" : "off"}`;
      test(`the first superuser is set up and invites somebody, ${how}`, async () => {
        const own = await start(engine, { PORTCULLIS_REGISTRATION: "invite" });
        const root = await person(way);
        const page = await root.newPage();
        await page.goto(own.setup);
        assert.equal(page.url(), `${own.origin}/setup`);
        await send(page, "setup", { email: "root@example.com", password: PASSWORD });
        assert.equal(page.url(), `${own.origin}/account`);
        await says(page, words.ready);
        await page.goto(own.setup);
        await says(page, "portcullis user add");
        const invited = await root.request.post(`${own.origin}/auth/admin/invitations`, {
          data: { email: "ann@example.com", roles: ["EDITOR"], language: way.lang },
          headers: { Origin: own.origin },
        });
        assert.equal(invited.status(), 201);
        const ann = await person(way);
        const guest = await ann.newPage();
        await guest.goto((await own.mail("ann@example.com")).links[0]);
        assert.equal(guest.url(), `${own.origin}/register`);
        assert.equal(await guest.locator("#register [name=email]").inputValue(), "ann@example.com");
        await send(guest, "register", { password: PASSWORD });
        assert.equal(guest.url(), `${own.origin}/account`);
        await says(guest, words.ready);
        await Promise.all([root.close(), ann.close()]);
        await own.stop();
      });
    }

    for (const way of engine === "sqlite" ? WAYS : WAYS.slice(1, 2)) {
      test(`a superuser runs the place, ${way.lang}, scripts ${way.scripts ? "on" : "off"}`, async () => {
        const own = await start(engine);
        const root = await person(way);
        const page = await root.newPage();
        await page.goto(own.setup);
        await send(page, "setup", { email: "root@example.com", password: PASSWORD });
        const ann = await person(way);
        const guest = await ann.newPage();
        await guest.goto(`${own.origin}/register`);
        await send(guest, "register", { email: "ann@example.com", password: PASSWORD });
        await page.goto(`${own.origin}/account`);
        await page.locator("a[href='/admin/']").click();
        await page.locator("nav a[href='/admin/users']").click();
        await page.locator("#search").fill("ann@");
        await page.locator("form[role=search] button").click();
        assert.equal(await page.locator(".list > li").count(), 1);
        await page.locator(".list a").click();
        const here = page.url();
        const done = async () => {
          await page.waitForLoadState();
          assert.equal(page.url(), here);
          assert.equal(await page.locator("[role=status].good").count(), 1);
        };
        /** Presses the button of an act. */
        const act = async (name) => {
          await page.locator(`form:has([name=act][value=${name}]) button[type=submit]`).last().click();
          await done();
        };
        await send(page, "grant", { role: "EDITOR" });
        await done();
        await says(page, "EDITOR");
        await act("revoke");
        await send(page, "profile", { first_name: "Anna" });
        await done();
        for (const name of ["confirm", "superuser-on", "superuser-off", "send-reset", "end-session"]) {
          await act(name);
        }
        await guest.goto(`${own.origin}/account`);
        await send(guest, "login", { login: "ann@example.com", password: PASSWORD });
        await page.reload();
        await act("end-sessions");
        await act("disable");
        await guest.goto(`${own.origin}/account`);
        await send(guest, "login", { login: "ann@example.com", password: PASSWORD });
        assert.equal(await guest.getByRole("alert").count(), 1);
        await act("enable");
        await page.locator("details:has([value=delete]) summary").click();
        await page.locator("form:has([name=act][value=delete]) button").click();
        await page.waitForLoadState();
        assert.equal(page.url(), `${own.origin}/admin/users`);

        await page.goto(`${own.origin}/admin/settings`);
        await page.locator("[name=registration][value=closed]").check();
        await page.locator("#settings button[type=submit]").click();
        await page.waitForLoadState();
        await guest.goto(`${own.origin}/register`);
        assert.equal(await guest.locator("#register").count(), 0);
        await page.locator("form[action='/admin/settings/undo'] button").click();
        await page.waitForLoadState();
        await guest.goto(`${own.origin}/register`);
        assert.equal(await guest.locator("#register").count(), 1);

        await page.goto(`${own.origin}/admin/invitations`);
        await send(page, "invite", { email: "bob@example.com", roles: "EDITOR" });
        assert.ok((await own.mail("bob@example.com")).links[0].includes("/register?invite="));
        await page.locator("form[action='/admin/invitations/withdraw'] button").click();
        await page.waitForLoadState();
        await page.goto(`${own.origin}/admin/keys`);
        assert.equal(await page.locator(".list > li").count(), 2);
        await page.locator("[name=force]").check();
        await page.locator("#rotate button[type=submit]").click();
        await page.waitForLoadState();
        assert.equal(await page.locator(".list > li").count(), 3);
        await page.goto(`${own.origin}/admin/mail`);
        assert.ok((await page.locator(".list > li").count()) >= 2);
        await page.goto(`${own.origin}/admin/audit?kind=user_deleted`);
        assert.equal(await page.locator(".events > li > b").count(), 1);
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.locator("a[download]").click(),
        ]);
        assert.equal(download.suggestedFilename(), "audit.csv");
        await Promise.all([root.close(), ann.close()]);
        await own.stop();
      });
    }

    test("a mail that does not get through is sent again, and the password proven", async () => {
      // Nobody listens there.
      const own = await start(engine, { PORTCULLIS_MAIL__URL: "smtp://127.0.0.1:1?tls=none" });
      const root = await person(WAYS[1]);
      const page = await root.newPage();
      await page.goto(own.setup);
      await send(page, "setup", { email: "root@example.com", password: PASSWORD });
      await page.goto(`${own.origin}/admin/invitations`);
      await send(page, "invite", { email: "bob@example.com", roles: "" });
      const waiting = page.locator(".list > li:has-text('bob@example.com')");
      await page.goto(`${own.origin}/admin/mail?state=waiting`);
      await waiting.locator("button").click();
      await page.waitForLoadState();
      assert.equal(await page.locator("[role=status].good").count(), 1);
      assert.equal(await waiting.count(), 1);
      await page.goto(`${own.origin}/admin/prove?next=/admin/keys`);
      await send(page, "prove", { password: PASSWORD });
      assert.equal(page.url(), `${own.origin}/admin/keys`);
      await root.close();
      await own.stop();
    });

    test("two tabs that refresh at once are both still logged in", async () => {
      const { context, page } = await registered(WAYS[0]);
      const tab = await context.newPage();
      await at(tab, "/account");
      const refresh = () =>
        fetch("/auth/refresh", { method: "POST" }).then(async (r) => [r.status, (await r.json()).token]);
      const use = (token) =>
        fetch("/auth/me", { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status);
      for (let round = 0; round < 3; round += 1) {
        const replies = await Promise.all([page.evaluate(refresh), tab.evaluate(refresh)]);
        for (const [status, token] of replies) {
          assert.equal(status, 200);
          assert.equal(await page.evaluate(use, token), 200);
        }
      }
      for (const open of [page, tab]) {
        await open.reload();
        assert.equal(path(open), "/account");
      }
      await context.close();
    });

    test("the link of a mail that is looked at opens beside it, and works", async () => {
      const { email, context } = await registered(WAYS[0]);
      const other = await person(WAYS[0]);
      const page = await other.newPage();
      await at(page, "/dev/mail");
      await says(page, email);
      const opened = other.waitForEvent("page");
      await page.frameLocator("iframe").first().locator("a").first().click();
      const beside = await opened;
      await send(beside, "confirm", { password: PASSWORD });
      await says(beside, SAYS.en.confirmed);
      await Promise.all([context.close(), other.close()]);
    });

    test("the strength of a password is told while it is typed", async () => {
      const context = await person(WAYS[2]);
      const page = await context.newPage();
      await at(page, "/register");
      const told = page.locator(".strength");
      await page.locator("#register-password").pressSequentially("gfhjkm12");
      await told.getByText("Слишком слабый пароль").waitFor();
      await page.locator("#register-password").fill(`${PASSWORD}, ${OTHER}`);
      await told.getByText("Надёжный пароль").waitFor();
      await context.close();
    });

    test("a password can be looked at while it is typed, and is one again when it is sent", async () => {
      const context = await person(WAYS[2]);
      const page = await context.newPage();
      await at(page, "/login");
      const input = page.locator("#login-password");
      await input.fill(PASSWORD);
      // Whoever hears the page is told which field a button is for.
      await page.getByRole("button", { name: `${SAYS.ru.show}: Пароль`, exact: true }).click();
      assert.equal(await input.getAttribute("type"), "text");
      await page.evaluate(() => {
        document.querySelector("#login").addEventListener("submit", (event) => {
          event.preventDefault();
          document.title = document.querySelector("#login-password").type;
        });
      });
      await page.locator("#login-login").fill("ann");
      await page.locator("#login button[type=submit]").click();
      assert.equal(await page.title(), "password");
      await context.close();
    });
  });
}

// Each engine has a service of its own.
describe("flows", { concurrency: ENGINES.length }, () => ENGINES.forEach(flows));
