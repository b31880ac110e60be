import type { Page } from "@playwright/test";
import { chromiumArguments, chromiumPath } from "../server.mjs";
import { expect, signIn, test } from "./support.ts";

// Playwright switches off what this is about: that Back shows the page as it was left, with the very form that was sent.
test.use({
  launchOptions: {
    executablePath: chromiumPath(),
    args: chromiumArguments,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  },
});

/** Sends the check-in form that is open, and says which code came of it. */
async function send(page: Page): Promise<string> {
  await page.locator("form button[type=submit]").last().click();
  await expect(page).toHaveURL(/\/check-in\/done/);
  return (await page.locator("[data-code]").textContent())!.trim();
}

/** Presses Back, as Playwright's own way of it does not see a page come back that was kept. */
async function back(page: Page): Promise<void> {
  await page.evaluate(() => history.back());
  await expect(page).toHaveURL(/\/check-in$/);
  await expect(page.locator("[name=vehiclePlate]")).toBeVisible();
}

test("a form that is come back to takes the second car, too, and the same one once", async ({ page }) => {
  // Some browsers keep a page although it asks not to be. This one does not, so it is not asked.
  await page.route("**/check-in", async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "cache-control": "no-cache" } });
  });
  await page.goto("/check-in");
  await page.evaluate(() => Object.assign(window, { isTheSame: true }));
  const token = await page.locator("[name=token]").inputValue();
  await page.locator("[name=customerName]").fill("Rita Indietro");
  await page.locator("[name=customerPhone]").fill("+39 333 6667778");
  await page.locator("[name=vehiclePlate]").fill("BK100AA");
  await page.locator("[name=repairType][value=cosmetic]").check();
  const first = await send(page);

  await back(page);
  expect(await page.evaluate(() => "isTheSame" in window)).toBe(true);
  await expect(page.locator("[name=token]")).toHaveValue(token);
  await expect(page.locator("[name=vehiclePlate]")).toHaveValue("BK100AA");
  await page.locator("[name=vehiclePlate]").fill("BK200AA");
  const second = await send(page);
  expect(second).not.toBe(first);

  // Sent once more as it is, it is the same sending.
  await back(page);
  await expect(page.locator("[name=vehiclePlate]")).toHaveValue("BK200AA");
  expect(await send(page)).toBe(second);

  await signIn(page, "manager");
  for (const [plate, code] of [["BK100AA", first], ["BK200AA", second]]) {
    const found = await (await page.request.get(`/api/v1/repairs?search=${plate}`)).json();
    expect(found.data.map((repair: { trackingCode: string }) => repair.trackingCode)).toEqual([code]);
  }
});
