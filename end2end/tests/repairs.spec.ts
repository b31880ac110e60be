import type { APIRequestContext, Page } from "@playwright/test";
import { photo } from "./pictures.ts";
import { expect, expectAccessibleLightAndDark, expectNoProblems, open, signIn, test, watch } from "./support.ts";

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
  await page.getByRole("button", { name: "Accepted" }).click();
  await done;
  await expect(second.locator(".page-head")).toContainText("Accepted", { timeout: 2_000 });

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
  await card.getByRole("button", { name: "Accepted" }).click();
  const accepted = page.getByRole("region", { name: "Accepted" });
  await expect(accepted.locator("article", { hasText: "PW600AA" })).toBeVisible();

  const apart = page.getByRole("region", { name: "Disassembly" });
  await page.locator("article", { hasText: "PW600AA" }).dragTo(apart.locator("header"));
  await expect(apart.locator("article", { hasText: "PW600AA" })).toBeVisible();
  const now = await page.request.get(`/api/v1/repairs/${repair.id}`);
  expect((await now.json()).data.status).toBe("disassembly");
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

test.describe("a day that is not to be had", () => {
  test.use({ allowedProblems: [/status of 400/] });

  test("an agent confirms a check-in for a day and an hour, and the customer reads when", async ({ page }) => {
    const repair = await announce(page.request, "PW710AA");
    await signIn(page, "agent");
    await page.goto(`/app/repairs/${repair.id}`);
    await live(page);
    await page.getByLabel("Day").fill("2099-01-01");
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await expect(page.getByText("This must lie within two years.")).toBeVisible();
    await expect(page.getByLabel("Day")).toHaveValue("2099-01-01");
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Day").fill(soon);
    await page.getByLabel("Time").fill("03:15");
    const outside = page.getByLabel(/outside of the opening hours/);
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await outside.or(page.locator(".page-head", { hasText: "Confirmed" })).waitFor();
    if (await outside.isVisible()) {
      await outside.check();
      await page.getByRole("button", { name: "Confirm", exact: true }).click();
    }
    await expect(page.locator(".page-head")).toContainText("Confirmed");
    await page.goto(`/track/${repair.trackingCode}`);
    await expect(page.locator("body")).toContainText("03:15");
  });
});

test.describe("a photo that is none", () => {
  test.use({ allowedProblems: [/status of 415/] });

  test("a note and a photo from the shop floor, each by itself", async ({ page }) => {
    const repair = await announce(page.request, "PW720AA");
    await signIn(page, "technician");
    await page.goto(`/app/repairs/${repair.id}`);
    await live(page);
    await page.getByLabel("Add a note").fill("The customer fetches it on Friday.");
    await page.getByRole("button", { name: "For colleagues" }).click();
    await expect(page.locator(".timeline blockquote.internal")).toContainText("on Friday");
    await expect(page.getByLabel("Add a note")).toHaveValue("");
    await page.getByLabel("Shows").selectOption("rear");
    await page.getByLabel("Add from device").setInputFiles([
      { name: "rear.png", mimeType: "image/png", buffer: photo() },
      { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") },
    ]);
    // The bad one costs no other.
    await expect(page.locator(".gallery img")).toHaveCount(1);
    await expect(page.getByRole("alert").filter({ hasText: "broken.png" })).toBeVisible();
  });
});

test("a walk-in is taken in by its plate, and a row leads to its repair", async ({ page }) => {
  await announce(page.request, "PW730AA");
  await signIn(page, "agent");
  await page.goto("/app/repairs");
  await live(page);
  await page.getByRole("link", { name: "New repair" }).click();
  await page.getByLabel("Plate").fill("pw 730 aa");
  await page.getByLabel("Plate").press("Enter");
  await expect(page.getByLabel("Name")).toHaveValue("Dario Fonte");
  await page.getByLabel("Notes").fill("Walked in");
  await page.getByRole("button", { name: "Create repair" }).click();
  await expect(page.locator(".page-head h1")).toHaveText("PW730AA");

  await page.goto("/app/repairs?search=PW730AA");
  await live(page);
  await page.getByRole("cell", { name: "Dario Fonte" }).first().click();
  await expect(page).toHaveURL(/\/app\/repairs\/[0-9a-f-]{36}$/);
});

test("plates stay whole at every width, beside the longest names", async ({ page }) => {
  const answer = await page.request.post("/api/v1/checkin", {
    data: {
      customerName: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
      customerPhone: "+39 333 2223335",
      vehiclePlate: "PW 740 AA",
      vehicleBrand: "Volkswagen Nutzfahrzeuge",
      vehicleModel: "Grand California 680 TDI Automatic Edition Wanderlust",
      repairType: "collision",
    },
  });
  expect(answer.status()).toBe(201);
  await signIn(page, "manager");
  for (const width of [375, 705, 800, 900, 961, 1024, 1100, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto("/app/repairs?search=Grand+California");
    const plate = page.getByRole("link", { name: "PW 740 AA" });
    await expect(plate).toBeVisible();
    expect(await plate.evaluate((link) => link.getClientRects().length), `${width}`).toBe(1);
    const spills = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(spills, `${width}`).toBeLessThanOrEqual(0);
  }
});

test("a card of the board is a link, one menu is open at a time, and Back leads to the card", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 700 });
  await signIn(page, "manager");
  await open(page, "/app/repairs/board");
  await live(page);
  const spills = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
  expect(spills).toBeLessThanOrEqual(0);

  const board = page.getByRole("region", { name: "Board" });
  const menus = board.locator("details.steps");
  await menus.nth(0).locator("summary").click();
  await menus.nth(1).locator("summary").click();
  await expect(board.locator("details.steps[open]")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(board.locator("details.steps[open]")).toHaveCount(0);
  await expect(menus.nth(1).locator("summary")).toBeFocused();

  const card = board.locator("[data-scrolls=ready] article").first();
  await card.scrollIntoViewIfNeeded();
  const before = await board.evaluate((part) => part.scrollLeft);
  expect(before).toBeGreaterThan(100);
  const link = card.locator("a.main");
  const href = (await link.getAttribute("href"))!;
  const { x, y, width } = (await card.boundingBox())!;
  await page.mouse.click(x + width / 2, y + 50);
  await expect(page).toHaveURL(new RegExp(`${href}$`));
  await expect(page.locator("dl.facts")).toBeVisible();
  await page.goBack();
  await expect(page.locator(`main a.main[href="${href}"]`)).toBeFocused();
  await expect(page.locator(`main a.main[href="${href}"]`)).toBeInViewport();
  expect(await board.evaluate((part) => part.scrollLeft)).toBeGreaterThan(100);
});

test("what is printed is light and says whose it is", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await signIn(page, "manager");
  await open(page, "/app/repairs");
  await expect(page.getByText(/^Printed on/)).toBeHidden();
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  await expect(page.getByText(/^Printed on \d+ [A-Z][a-z]+ \d{4}$/)).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Customer" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeHidden();
  const paint = await page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d")!;
    canvas.fillStyle = getComputedStyle(document.body).color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  });
  expect(Math.max(...paint)).toBeLessThan(90);
});

test("filters apply as they are chosen, the search while it is typed, and Back takes a choice away", async ({ page }) => {
  await announce(page.request, "PW760AA");
  await announce(page.request, "PW761AA");
  await signIn(page, "technician");
  await page.goto("/app/repairs");
  await live(page);
  await expect(page.getByRole("button", { name: "Apply" })).toBeHidden();
  const table = page.getByRole("table", { name: "Repairs" });
  const search = page.locator(".filters").getByLabel("Search");
  await search.click();
  await page.keyboard.type("PW76");
  await expect(page).toHaveURL(/search=PW76$/);
  await expect(table.getByRole("link", { name: "PW761AA" })).toBeVisible();
  await expect(search).toBeFocused();
  await page.keyboard.type("0");
  await expect(page).toHaveURL(/search=PW760$/);
  await expect(table.getByRole("link", { name: "PW761AA" })).toBeHidden();
  await expect(search).toBeFocused();
  await expect(search).toHaveValue("PW760");
  await page.keyboard.type(" no such car");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await expect(search).toBeFocused();
  await search.fill("PW760");
  await expect(page).toHaveURL(/search=PW760$/);

  await page.getByLabel("Assignee").selectOption("me");
  await expect(page).toHaveURL(/search=PW760&assignee=me/);
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/search=PW760$/);
  await expect(page.getByLabel("Assignee")).toHaveValue("");
  await expect(table.getByRole("link", { name: "PW760AA" })).toBeVisible();
  await page.locator(".filters").getByLabel("Overdue").check();
  await expect(page).toHaveURL(/overdue=1/);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 375, height: 667 } });

  test("several repairs fit a screen, filters wait behind a button, every place is reached", async ({ page }) => {
    await signIn(page, "admin");
    await page.goto("/app/repairs");
    await live(page);
    const row = page.locator(".grid-table tbody tr").nth(1);
    expect((await row.boundingBox())!.height).toBeLessThan(90);
    await expect(page.getByLabel("Assignee")).toBeHidden();
    await page.getByText("Filters").click();
    await page.getByLabel("Assignee").selectOption("none");
    await expect(page).toHaveURL(/assignee=none/);
    await page.getByText("More", { exact: true }).click();
    await page.getByRole("link", { name: "Settings" }).click();
    await expect(page).toHaveURL(/\/app\/settings/);
    await expect(page.getByRole("link", { name: "Settings" })).toBeHidden();
  });
});

test.describe("with the WASM blocked", () => {
  // One pattern: Playwright takes a list of two for a value and its options.
  test.use({ allowedProblems: [/wasm|Failed to (fetch|load)|net::ERR_(FAILED|BLOCKED)|TypeError/i] });

  test("a status change still works", async ({ page }) => {
    await page.route(/\.wasm(\?|$)/, (route) => route.abort());
    const repair = await announce(page.request, "PW800AA");
    await signIn(page, "technician");
    await page.goto(`/app/repairs/${repair.id}`);
    await page.getByRole("button", { name: "Accepted" }).click();
    await expect(page.locator(".page-head")).toContainText("Accepted");
    await page.goto("/app/repairs");
    await page.getByLabel("Assignee").selectOption("none");
    await page.getByRole("button", { name: "Apply" }).click();
    await expect(page).toHaveURL(/assignee=none/);
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
    await page.goto("/app/repairs");
    await page.getByLabel("Assignee").selectOption("none");
    await page.getByRole("button", { name: "Apply" }).click();
    await expect(page).toHaveURL(/assignee=none/);
    await page.goto(`/app/repairs/${repair.id}`);
    await page.getByRole("button", { name: "Accepted" }).click();
    await expect(page.locator(".page-head")).toContainText("Accepted");
  });
});

test("staff pages pass axe, light and dark", async ({ page }) => {
  test.setTimeout(300_000);
  const repair = await announce(page.request, "PW950AA");
  await signIn(page, "admin");
  for (const path of ["", "/repairs", "/repairs/board", "/repairs/new?plate=PW950AA", `/repairs/${repair.id}`, "/leads", "/cold-chain", "/alerts"]) {
    await page.goto(`/app${path}`);
    await expect(page.locator("h1").first()).toBeVisible();
    await expectAccessibleLightAndDark(page);
  }
});
