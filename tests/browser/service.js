// A service of its own for each suite: the real binary over a database that nobody else has.
"use strict";
const { spawn, execFileSync } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");

const PROGRAM = process.env.PORTCULLIS;
const CHROMIUM = process.env.CHROMIUM;
const POSTGRES = process.env.TEST_POSTGRES;

/** What chromium is started with: nothing but what a page asks for. */
const BROWSER = {
  executablePath: CHROMIUM,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
};

/** The engines to test: "sqlite", and "postgres" where there is one. */
const ENGINES = POSTGRES ? ["sqlite", "postgres"] : ["sqlite"];

let databases = 0;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a service; `stop` ends it. */
async function start(engine, settings = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-"));
  let database = `sqlite://${folder}/portcullis.db`;
  if (engine === "postgres") {
    databases += 1;
    const name = `b${process.pid}_${databases}`;
    // By the program itself: a database that is named but not there cannot be made by it.
    execFileSync(process.env.PSQL, [`${POSTGRES}/postgres`, "-qc", `CREATE DATABASE ${name}`]);
    database = `${POSTGRES}/${name}`;
  }
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const log = fs.openSync(path.join(folder, "log"), "w");
  const child = spawn(PROGRAM, ["serve"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database,
      ROCKET_PORT: String(port),
      PORTCULLIS_PUBLIC_URL: origin,
      // One address stands for many people.
      PORTCULLIS_LIMITS__ENABLED: "false",
      PORTCULLIS_LOGIN_BY_MAIL: "true",
      ...settings,
    },
    stdio: ["ignore", log, log],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    fs.closeSync(log);
    fs.rmSync(folder, { recursive: true });
  };
  for (let attempt = 0; ; attempt += 1) {
    const ready = await fetch(`${origin}/health/ready`).then((r) => r.ok, () => false);
    if (ready) break;
    if (attempt === 300 || child.exitCode !== null) {
      throw new Error(`the service did not start: ${fs.readFileSync(path.join(folder, "log"))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // With which the first superuser is made: it is printed before anything is served.
  const [setup] = /http\S+\/setup\S+/.exec(fs.readFileSync(path.join(folder, "log"), "utf8")) ?? [];
  return { origin, setup, stop, mail: (to) => mail(origin, to) };
}

/** The newest mail to an address. */
async function mail(origin, to) {
  const reply = await fetch(`${origin}/dev/mail.json?to=${encodeURIComponent(to)}`);
  return reply.ok ? reply.json() : null;
}

module.exports = { BROWSER, ENGINES, freePort, start };
