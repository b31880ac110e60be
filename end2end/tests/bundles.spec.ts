import type { Page } from "@playwright/test";
import { expect, open, signIn, test } from "./support.ts";

/** The files of all bundles but the one that every browser loads. */
const BUNDLES = /\/pkg\/(split|chunk)_[^/]*\.wasm$/;
const PROBE = "**/ready";
const MISSING = "That page cannot be opened now";

/** Opens the form for a new car, which no bundle is needed for, and types into it. */
async function typeSomething(page: Page, plate: string): Promise<void> {
  await signIn(page, "manager");
  await open(page, `/app/repairs/new?plate=${plate}`);
  await page.getByLabel("Notes").fill("Half a page of text");
}

/** Follows a link of the main navigation. */
async function follow(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
}

test.describe("a bundle that cannot be fetched", () => {
  test.use({ allowedProblems: [/net::ERR_FAILED|Failed to fetch/] });

  test("leaves the page as it is, says so, and comes with the next click", async ({ page }) => {
    await typeSomething(page, "BN100AA");
    const address = page.url();
    await page.evaluate(() => Object.assign(window, { isTheSame: true }));
    await page.route(BUNDLES, (route) => route.abort());
    await page.route(PROBE, (route) => route.abort());
    for (const name of ["Cold chain", "Alerts"]) {
      await follow(page, name);
      const words = page.locator(".toasts").getByText(MISSING);
      await expect(words).toBeVisible();
      await page.getByLabel("Dismiss").click();
      await expect(words).toHaveCount(0);
    }
    await follow(page, "Cold chain");
    await expect(page.locator(".toasts").getByText(MISSING)).toBeVisible();
    await expect(page).toHaveURL(address);
    await expect(page.getByLabel("Notes")).toHaveValue("Half a page of text");
    // The page is alive: other ones can be gone to, and come back from.
    await follow(page, "Leads");
    await expect(page.getByRole("heading", { level: 1, name: "Leads" })).toBeVisible();
    await page.goBack();
    await expect(page.getByLabel("Notes")).toHaveValue("Half a page of text");

    await page.unroute(BUNDLES);
    await page.unroute(PROBE);
    await follow(page, "Cold chain");
    await expect(page).toHaveURL(/\/app\/cold-chain$/);
    await expect(page.getByRole("heading", { level: 1, name: "Cold chain" })).toBeVisible();
    await expect(page.locator(".toasts").getByText(MISSING)).toHaveCount(0);
    expect(await page.evaluate(() => "isTheSame" in window)).toBe(true);
  });

  test("leaves a page that needs it as it is without script, until it comes", async ({ page }) => {
    await signIn(page, "manager");
    await page.route(BUNDLES, (route) => route.abort());
    const asked = page.waitForRequest(BUNDLES);
    await page.goto("/app/cold-chain");
    await asked;
    await expect(page.getByRole("heading", { level: 1, name: "Cold chain" })).toBeVisible();
    await follow(page, "Leads");
    await expect(page).toHaveURL(/\/app\/leads$/);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();

    const again = page.waitForRequest(BUNDLES);
    await page.goto("/app/cold-chain");
    await again;
    await page.unroute(BUNDLES);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
  });
});

test.describe("the bundle of an older server", () => {
  test.use({ allowedProblems: [/status of 404 .*\/pkg\/|HTTP status code is not ok/] });

  test("is not waited for: the page is loaded whole", async ({ page }) => {
    await typeSomething(page, "BN200AA");
    await page.evaluate(() => Object.assign(window, { isTheSame: true }));
    await page.route(BUNDLES, (route) => route.fulfill({ status: 404, contentType: "text/html", body: "Not found" }));
    // The page that comes then names the bundles of the server that there is.
    await page.route(/\/app\/cold-chain$/, async (route) => {
      await page.unroute(BUNDLES);
      await route.continue();
    });
    await follow(page, "Cold chain");
    await expect(page).toHaveURL(/\/app\/cold-chain$/);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "Cold chain" })).toBeVisible();
    expect(await page.evaluate(() => "isTheSame" in window)).toBe(false);
    await expect(page.getByText(MISSING)).toHaveCount(0);
    await page.goBack();
    await expect(page.getByLabel("Notes")).toHaveValue("Half a page of text");
  });
});
