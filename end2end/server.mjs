// Starts the release binary, or the one that OFFICINA_BINARY names, with demo data for the browser tests and the screenshots.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** What `--demo` writes into its data folder.
 * @typedef {object} Demo
 * @property {string} baseUrl
 * @property {{slug: string, id: string}[]} organisations
 * @property {{org: string, role: string, email: string, password: string}[]} users
 * @property {{org: string, serialNumber: string, apiKey: string, coldCellId: string}[]} devices
 * @property {{org: string, code: string, repairId: string, phoneLast4: string}[]} trackingCodes
 */

const targetFolder = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../target", import.meta.url));
const startLimitMs = 60_000;
const stopLimitMs = 15_000;

/** Chromium's path: the one given, else the first that a Linux distribution would have.
 * @returns {string}
 */
export function chromiumPath() {
  const candidates = [
    process.env.OFFICINA_CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error("Chromium was not found: install it, or name it in OFFICINA_CHROMIUM");
  return found;
}

/** Flags for a browser in a container: no sandbox of its own, no graphics card, no calls home. */
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The demo's accounts, codes and devices, as a data folder tells them.
 * @param {string} data
 * @returns {Demo}
 */
export function readDemo(data) {
  return JSON.parse(readFileSync(join(data, "demo.json"), "utf8"));
}

/** @returns {Promise<number>} a loopback port that is free now */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // not listening yet
  }
}

/** Starts the binary on a free loopback port with demo data in a new folder, and waits until it answers.
 * The log goes to `logFile`, and its end into the error when the start fails.
 * @param {string} logFile
 * @param {Record<string, string>} settings of the server, as its environment names them
 * @returns {Promise<{baseUrl: string, data: string, stop: () => Promise<void>}>}
 */
export async function startDemoServer(logFile, settings = {}) {
  const data = mkdtempSync(join(tmpdir(), "officina-demo-"));
  const baseUrl = `http://127.0.0.1:${await freePort()}`;
  const binary = process.env.OFFICINA_BINARY ?? join(targetFolder, "release", "officina");
  // Settings of whoever runs this, a database of theirs above all, are not for a demo to throw away.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OFFICINA_")));
  // So that a test may come from an address of its own, as if through a proxy.
  env.OFFICINA_TRUSTED_PROXIES = "127.0.0.1";
  Object.assign(env, settings);
  const log = openSync(logFile, "w");
  const child = spawn(binary, ["serve", "--demo", "--data", data, "--listen", new URL(baseUrl).host], {
    env,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });

  const stop = async () => {
    child.kill("SIGTERM");
    const inTime = await Promise.race([ended.then(() => true), pause(stopLimitMs, false, { ref: false })]);
    if (!inTime) child.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
    if (!inTime) throw new Error(`the server did not stop within ${stopLimitMs} ms of SIGTERM`);
  };

  const deadline = Date.now() + startLimitMs;
  while (!(existsSync(join(data, "demo.json")) && (await answers(`${baseUrl}/health`)))) {
    const failure = await Promise.race([ended, pause(50, undefined)]);
    if (failure === undefined && Date.now() < deadline) continue;
    await stop();
    const tail = readFileSync(logFile, "utf8").split("\n").slice(-20).join("\n");
    throw new Error(`${binary} did not start: ${failure ?? `no answer in ${startLimitMs} ms`}\n${tail}`);
  }
  return { baseUrl, data, stop };
}
