// Takes every page at three widths, light and dark, into target/screenshots, for people to look at.
// With OFFICINA_DATA it reads that folder's demo.json and visits the server running on it; else it starts its own.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromiumArguments, chromiumPath, readDemo, startDemoServer } from "../end2end/server.mjs";

const { chromium } = createRequire(new URL("../end2end/package.json", import.meta.url))("@playwright/test");

const folder = fileURLToPath(new URL("../target/screenshots", import.meta.url));
mkdirSync(folder, { recursive: true });

const server = process.env.OFFICINA_DATA ? null : await startDemoServer(`${folder}/server.log`);
const demo = readDemo(server?.data ?? process.env.OFFICINA_DATA);
const inDemo = (row) => row.org === "demo";
const admin = demo.users.find((user) => inDemo(user) && user.role === "admin");
const { code, repairId } = demo.trackingCodes.find(inDemo);
const { coldCellId } = demo.devices.find(inDemo);

const pages = [
  ["check-in", "/check-in"],
  ["track", "/track"],
  ["track-code", `/track/${code}`],
  ["contact", "/contact"],
  ["sign-in", "/sign-in"],
  ["home", "/app"],
  ["repairs", "/app/repairs"],
  ["repairs-board", "/app/repairs/board"],
  ["repair", `/app/repairs/${repairId}`],
  ["leads", "/app/leads"],
  ["cold-chain", "/app/cold-chain"],
  ["cold-cell", `/app/cold-chain/cells/${coldCellId}`],
  ["change-cell", `/app/cold-chain/cells/${coldCellId}/edit`],
  ["cold-chain-customers", "/app/cold-chain/customers"],
  ["add-cell", "/app/cold-chain/add"],
  ["devices", "/app/cold-chain/devices"],
  ["add-devices", "/app/cold-chain/devices/add"],
  ["alert-policy", "/app/cold-chain/policy"],
  ["wall", "/app/cold-chain/wall"],
  ["alerts", "/app/alerts"],
  ["welcome", "/"],
  ["forgot", "/forgot"],
  ["people", "/app/people"],
  ["invite", "/app/people/invite"],
  ["roles", "/app/people/roles"],
  ["role-new", "/app/people/roles/new"],
  ["programs", "/app/people/programs"],
  ["audit", "/app/audit"],
  ["settings", "/app/settings"],
  ["account", "/app/account"],
  ["second-factor", "/app/account/second-factor"],
  ["passkeys", "/app/account/passkeys"],
  ["notices", "/app/notices"],
  ["notice-preferences", "/app/account/notices"],
];
const widths = { 375: 812, 768: 1024, 1440: 900 };

/** Signs in once; every later window takes the cookies along. */
async function signedIn(browser) {
  const context = await browser.newContext({ baseURL: demo.baseUrl });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.locator("[name=login]").fill(admin.email);
  await page.locator("[name=password]").fill(admin.password);
  await page.locator("[name=password]").press("Enter");
  await page.waitForURL(/\/app(\/|$|\?)/);
  const state = await context.storageState();
  await context.close();
  return state;
}

const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
let failures = 0;
try {
  const staff = await signedIn(browser);
  const window = await browser.newContext({ baseURL: demo.baseUrl, storageState: staff });
  const alerts = await (await window.request.get("/api/v1/alerts?limit=1")).json();
  pages.push(["alert", `/app/alerts/${alerts.data[0].id}`]);
  const cell = await (await window.request.get(`/api/v1/coldcells/${coldCellId}`)).json();
  pages.push(["place", `/app/cold-chain/places/${cell.data.locationId}`]);
  pages.push(["device", `/app/cold-chain/devices/${cell.data.deviceList[0].id}`]);
  await window.close();
  for (const [width, height] of Object.entries(widths)) {
    for (const colorScheme of ["light", "dark"]) {
      const viewport = { width: Number(width), height };
      const options = { baseURL: demo.baseUrl, viewport, colorScheme, locale: "en-GB", timezoneId: "Europe/Rome" };
      const staffWindow = await browser.newContext({ ...options, storageState: staff });
      const publicWindow = await browser.newContext(options);
      for (const [name, path] of pages) {
        const page = await (path.startsWith("/app") ? staffWindow : publicWindow).newPage();
        // Not "networkidle": a staff page's event stream never ends.
        const answer = await page.goto(path, { waitUntil: "load" });
        await page.evaluate(() => document.fonts.ready);
        // A page wider than its window scrolls sideways on a phone, which is always a mistake.
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        const file = `${name}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: `${folder}/${file}`, fullPage: true });
        const problem = !answer?.ok() ? `answered ${answer?.status()}` : overflow > 0 ? `is ${overflow} px too wide` : "";
        if (problem) failures += 1;
        console.log(problem ? `${file}: ${path} ${problem}` : file);
        await page.close();
      }
      await staffWindow.close();
      await publicWindow.close();
    }
  }
} finally {
  await browser.close();
  await server?.stop();
}
console.log(`${folder}: ${failures === 0 ? "every page answered and fits" : `${failures} with a problem`}`);
process.exitCode = failures === 0 ? 0 : 1;
