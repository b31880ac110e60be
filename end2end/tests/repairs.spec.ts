import type { APIRequestContext, Page } from "@playwright/test";
import { expect, expectAccessibleLightAndDark, expectNoProblems, signIn, test, watch } from "./support.ts";

/** Announces a car and returns its repair. */
async function announce(request: APIRequestContext, plate: string): Promise<{ id: string; trackingCode: string }> {
  const answer = await request.post("/api/v1/checkin", {
    data: { customerName: "Dario Fonte", customerPhone: "+39 333 2223334", vehiclePlate: plate, repairType: "collision" },
  });
  expect(answer.status()).toBe(201);
  return (await answer.json()).data;
}

/** Waits until the page answers to clicks: the badge says so once the event stream is up. */
async function live(page: Page): Promise<void> {
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
}

test("signing in and out, with a wrong password in between", async ({ page }) => {
  await page.goto("/app");
  await expect(page).toHaveURL(/\/sign-in/);
  await signIn(page, "technician");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await live(page);
  await page.getByLabel("Your account").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/app");
  await expect(page).toHaveURL(/\/sign-in/);
});

test.describe("a wrong password", () => {
  test.use({ allowedProblems: [/status of 401/] });

  test("is refused without saying what was wrong", async ({ page }) => {
    await page.goto("/sign-in");
    await page.locator("[name=login]").fill("nobody@demo.test");
    await page.locator("[name=password]").fill("not the password");
    await page.locator("[name=password]").press("Enter");
    await expect(page.getByRole("alert")).toBeVisible();
    await expect(page.locator("[name=login]")).toHaveValue("nobody@demo.test");
  });
});

test("staff moves a car, a second browser and the customer see it", async ({ page, browser, baseURL }) => {
  const repair = await announce(page.request, "PW500AA");
  await signIn(page, "technician");
  await page.goto(`/app/repairs/${repair.id}`);
  await live(page);

  const other = await browser.newContext({ baseURL: baseURL! });
  const problems = watch(other);
  const second = await other.newPage();
  await signIn(second, "manager");
  await second.goto(`/app/repairs/${repair.id}`);
  await live(second);

  await page.locator("textarea[name=public_note]").fill("Your car is here.");
  // Counted from when it is done: how long the server takes for that is another question.
  const done = page.waitForResponse((response) => response.url().endsWith("/_fn/repairs/status"));
  await page.getByRole("button", { name: /Confirmed/ }).first().click();
  await done;
  await expect(second.locator(".page-head")).toContainText("Confirmed", { timeout: 2_000 });

  const customer = await other.newPage();
  await customer.goto(`/track/${repair.trackingCode}`);
  await expect(customer.locator("body")).toContainText("Your car is here.");
  expectNoProblems(problems);
  await other.close();
});

test("a card is moved on the board by its menu and by dragging", async ({ page }) => {
  const repair = await announce(page.request, "PW600AA");
  await signIn(page, "technician");
  await page.goto("/app/repairs/board");
  await live(page);
  const card = page.locator("article", { hasText: "PW600AA" });
  await expect(card).toBeVisible();
  await card.getByText("Move to").click();
  await card.getByRole("button", { name: "Confirmed" }).click();
  const confirmed = page.getByRole("region", { name: "Confirmed" });
  await expect(confirmed.locator("article", { hasText: "PW600AA" })).toBeVisible();

  const accepted = page.getByRole("region", { name: /Accepted|In the shop|Here/ });
  await page.locator("article", { hasText: "PW600AA" }).dragTo(accepted.locator("header"));
  await expect(accepted.locator("article", { hasText: "PW600AA" })).toBeVisible();
  const now = await page.request.get(`/api/v1/repairs/${repair.id}`);
  expect((await now.json()).data.status).toBe("accepted");
});

test("the list is filtered by its address and found by plate", async ({ page }) => {
  await announce(page.request, "PW700AA");
  await signIn(page, "manager");
  await page.goto("/app/repairs?status=pre_checkin&search=PW700AA");
  await expect(page.getByRole("link", { name: "PW700AA" })).toBeVisible();
  await page.locator("[name=search]").fill("no such plate");
  await page.locator("[name=search]").press("Enter");
  await expect(page).toHaveURL(/no\+such\+plate|no%20such%20plate/);
  await expect(page.getByRole("link", { name: "PW700AA" })).toHaveCount(0);
});

test.describe("with the WASM blocked", () => {
  // One pattern: Playwright takes a list of two for a value and its options.
  test.use({ allowedProblems: [/wasm|Failed to (fetch|load)|net::ERR_(FAILED|BLOCKED)|TypeError/i] });

  test("a status change still works", async ({ page }) => {
    await page.route(/\.wasm(\?|$)/, (route) => route.abort());
    const repair = await announce(page.request, "PW800AA");
    await signIn(page, "technician");
    await page.goto(`/app/repairs/${repair.id}`);
    await page.getByRole("button", { name: /Confirmed/ }).first().click();
    await expect(page.locator(".page-head")).toContainText("Confirmed");
  });
});

test.describe("without script", () => {
  // The staff pages' script is announced, and blocked.
  test.use({ javaScriptEnabled: false, allowedProblems: [/\/pkg\/.*: csp$/] });

  test("the pages are whole and a status change works", async ({ page }) => {
    const repair = await announce(page.request, "PW900AA");
    await signIn(page, "technician");
    for (const path of ["/app", "/app/repairs", "/app/repairs/board", "/app/cold-chain", "/app/alerts"]) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(200);
      await expect(page.locator("h1").first()).toBeVisible();
    }
    await page.goto(`/app/repairs/${repair.id}`);
    await page.getByRole("button", { name: /Confirmed/ }).first().click();
    await expect(page.locator(".page-head")).toContainText("Confirmed");
  });
});

test("staff pages pass axe, light and dark", async ({ page }) => {
  test.setTimeout(300_000);
  const repair = await announce(page.request, "PW950AA");
  await signIn(page, "admin");
  for (const path of ["", "/repairs", "/repairs/board", `/repairs/${repair.id}`, "/leads", "/cold-chain", "/alerts"]) {
    await page.goto(`/app${path}`);
    await expect(page.locator("h1").first()).toBeVisible();
    await expectAccessibleLightAndDark(page);
  }
});
