// Makes the picture in the README from three pictures of pages: node tests/browser/sheet.js FILE.jpg
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");
const { BROWSER } = require("./service.js");

const PICTURES = process.env.PICTURES;
// On a phone, where texts stay readable when three pictures stand side by side.
const PAGES = ["login-en-light-phone", "sessions-ru-dark-phone", "admin-overview-en-light-phone"];

const picture = (name) => {
  const data = fs.readFileSync(path.join(PICTURES, `${name}.png`)).toString("base64");
  return `<div><img src="data:image/png;base64,${data}"></div>`;
};

async function main(file) {
  const browser = await chromium.launch(BROWSER);
  const page = await browser.newPage({ viewport: { width: 1290, height: 100 } });
  await page.setContent(`<style>
    body { margin: 0; padding: 30px; background: #c9d0db; display: grid;
           grid-template-columns: repeat(3, 390px); gap: 30px; }
    div { height: 720px; overflow: hidden; border-radius: 12px; box-shadow: 0 2px 8px #0005; }
    img { display: block; width: 390px; }
  </style>${PAGES.map(picture).join("")}`);
  await page.screenshot({ path: file, type: "jpeg", quality: 88, fullPage: true });
  await browser.close();
}

main(process.argv[2]);
