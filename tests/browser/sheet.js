// Puts the pictures of the pages on one sheet: node tests/browser/sheet.js FILE.jpg
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");
const { BROWSER } = require("./service.js");

const PICTURES = process.env.PICTURES;
const PAGES = [
  "login", "register", "register-errors", "forgot", "reset", "confirm",
  "account", "sessions", "security", "login-wrong", "error-404", "mails",
  "admin-overview", "admin-user", "admin-settings", "admin-users", "admin-audit", "admin-invitations",
];

const picture = (name) => {
  const data = fs.readFileSync(path.join(PICTURES, `${name}.png`)).toString("base64");
  return `<div class="${name.split("-").at(-1)}"><img src="data:image/png;base64,${data}"></div>`;
};
const cell = (name) =>
  `<figure>${picture(`${name}-en-light-desktop`)}${picture(`${name}-ru-dark-phone`)}</figure>`;

async function main(file) {
  const browser = await chromium.launch(BROWSER);
  const page = await browser.newPage({ viewport: { width: 1500, height: 100 } });
  await page.setContent(`<style>
    body { margin: 0; padding: 20px; background: #c9d0db; display: grid;
           grid-template-columns: repeat(3, 1fr); gap: 20px; }
    figure { margin: 0; display: flex; gap: 10px; height: 270px; }
    div { overflow: hidden; border-radius: 8px; box-shadow: 0 1px 4px #0005; }
    .desktop { flex: 1; background: #f4f6f9; } .phone { width: 125px; background: #12151b; }
    img { display: block; width: 100%; }
  </style>${PAGES.map(cell).join("")}`);
  await page.screenshot({ path: file, type: "jpeg", quality: 82, fullPage: true });
  await browser.close();
}

main(process.argv[2]);
