import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";

import {
  expect,
  expectAccessibleLightAndDark,
  hire,
  open,
  signIn,
  signInAs,
  signOut,
  test,
  typePassword,
} from "./support.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const address = "/app/account/second-factor";

/** The bytes behind base32 (RFC 4648, section 6), without padding. */
function unbase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text.replace(/[\s=]/g, "")) {
    value = (value << 5) | alphabet.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
      value &= (1 << bits) - 1;
    }
  }
  return Buffer.from(bytes);
}

/** The code of a secret in a half minute, counted from the beginning of time (RFC 6238 on RFC 4226). */
function codeOf(secret: string, halfMinute: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(halfMinute));
  const mac = createHmac("sha1", unbase32(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac[mac.length - 1]! & 0x0f) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** The code so many half minutes from now. Each counts once; the server takes the one before and the one after as well,
 * so that two come in a row without a wait. */
function totp(secret: string, ahead = 0): string {
  return codeOf(secret, Math.floor(Date.now() / 30_000) + ahead);
}

test("the codes are computed as RFC 6238 says", () => {
  // Appendix B: the secret 12345678901234567890 at 59 seconds.
  expect(codeOf("GEZDGNBVGY3TQOJQ GEZDGNBVGY3TQOJQ", 1)).toBe("287082");
});

/** Switches the second factor on, and returns the secret and the recovery codes. */
async function switchOn(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto(address);
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByRole("img", { name: /^QR code/ })).toBeVisible();
  const secret = await page.locator("code").innerText();
  await page.getByLabel("Code").fill(totp(secret));
  await page.getByRole("button", { name: "Confirm" }).click();
  const list = page.getByRole("list", { name: "Recovery codes" });
  await expect(list.getByRole("listitem")).toHaveCount(10);
  return { secret, codes: await list.getByRole("listitem").allInnerTexts() };
}

test("a second factor is switched on, asked for, helped out by a recovery code, and switched off", async ({
  page,
  request,
}) => {
  // Six pages, each looked through by axe in light and dark.
  test.setTimeout(300_000);
  const silvia = await hire(request, "Silvia Codici");
  await signInAs(page, silvia);
  await page.getByLabel("Your account").click();
  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByRole("link", { name: "Switch on" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Signing in with a code" })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByRole("img", { name: /^QR code/ })).toBeVisible();
  await expectAccessibleLightAndDark(page);

  const { secret, codes } = await switchOn(page);
  await expect(page.getByText("shown this once")).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.goto(address);
  await expect(page.getByText("10 recovery codes are left")).toBeVisible();
  // For some minutes, so that they are not lost by loading the page anew.
  await expect(page.getByText(codes[0]!)).toBeVisible();
  await expectAccessibleLightAndDark(page);

  await signOut(page);
  await typePassword(page, silvia);
  await expect(page.getByLabel("Code")).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("Code").fill(totp(secret, 1));
  await page.getByLabel("Code").press("Enter");
  await page.waitForURL(/\/app$/);

  await signOut(page);
  await typePassword(page, silvia);
  await page.getByLabel("Code").fill(codes[0]!.toLowerCase());
  await page.getByLabel("Code").press("Enter");
  await page.waitForURL(/\/app$/);
  await page.goto(address);
  await expect(page.getByText("9 recovery codes are left")).toBeVisible();

  await page.getByText("Switch it off").click();
  await expect(page.getByText("Whoever learns your password can come in again.")).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Switch off", exact: true }).click();
  await expect(page.getByRole("button", { name: "Switch on" })).toBeVisible();
  await signOut(page);
  await signInAs(page, silvia);
});

test("an administrator switches it off for who has lost the phone", async ({ page, browser, request, baseURL }) => {
  const carla = await hire(request, "Carla Persa");
  const elsewhere = await browser.newContext({ baseURL: baseURL! });
  const theirs = await elsewhere.newPage();
  await signInAs(theirs, carla);
  await switchOn(theirs);
  await signOut(theirs);

  await signIn(page, "admin");
  await open(page, "/app/people?search=Carla");
  await page.getByRole("table", { name: "Members" }).getByRole("link", { name: "Carla Persa" }).click();
  await page.getByText("The phone with the codes is lost").click();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Switch second factor off" }).click();
  await expect(page.getByText("The phone with the codes is lost")).toHaveCount(0);
  await signInAs(theirs, carla);
  await elsewhere.close();
});

test.describe("a wrong code", () => {
  test.use({ allowedProblems: [/status of 400 .*second-factor/] });

  test("is told beside its field, and the same secret stays", async ({ page, request }) => {
    await signInAs(page, await hire(request, "Ugo Sbaglia"));
    await page.goto(address);
    await page.getByRole("button", { name: "Switch on" }).click();
    const secret = await page.locator("code").innerText();
    // No code of six digits: no chance to be right.
    await page.getByLabel("Code").fill("12345");
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByText("is not the code that the app shows now")).toBeVisible();
    await expect(page.locator("code")).toHaveText(secret);
    await expectAccessibleLightAndDark(page);
  });
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false, allowedProblems: [/\/pkg\/.*: csp$/] });

  test("it is switched on and off all the same", async ({ page, request }) => {
    await signInAs(page, await hire(request, "Nina Senza"));
    await switchOn(page);
    await page.goto(address);
    await page.getByText("Switch it off").click();
    await page.getByRole("button", { name: "Switch off", exact: true }).click();
    await expect(page.getByRole("button", { name: "Switch on" })).toBeVisible();
  });
});
