import type { APIRequestContext, Browser, Page } from "@playwright/test";
import { demo, demoUser, expect, expectAccessibleLightAndDark, hire, open, signIn, signInAs, signOut, test } from "./support.ts";

/** What the stories do to the network shows in the console. */
const DISTURBED = [/status of 502|net::ERR_FAILED|^answer: 502/];
const OLD = "What you see may be out of date";
/** The form of a repair's next step. */
const STEP = "form[action='/_fn/repairs/status']";

/** Announces a car and returns its repair. */
async function announce(request: APIRequestContext, plate: string): Promise<string> {
  const answer = await request.post("/api/v1/checkin", {
    data: { customerName: "Dario Fonte", customerPhone: "+39 333 2223334", vehiclePlate: plate, repairType: "collision" },
  });
  expect(answer.status()).toBe(201);
  return (await answer.json()).data.id;
}

/** Sends what a proxy says whose server is gone. */
async function breakDown(page: Page): Promise<void> {
  await page.route("**/_fn/**", (route) =>
    route.fulfill({ status: 502, contentType: "text/html", body: "<h1>502 Bad Gateway</h1>" }),
  );
}

/** Types into every text area of the page, folded away or not, and says how many there are. */
async function typeEverywhere(page: Page): Promise<number> {
  return page.locator("main textarea").evaluateAll((areas) => {
    for (const area of areas as HTMLTextAreaElement[]) {
      area.value = `typed into ${area.name}`;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    return areas.length;
  });
}

async function expectTyped(page: Page, count: number): Promise<void> {
  const texts = await page.locator("main textarea").evaluateAll((areas) =>
    (areas as HTMLTextAreaElement[]).map((area) => [area.value, `typed into ${area.name}`]),
  );
  expect(texts).toHaveLength(count);
  for (const [value, typed] of texts) expect(value).toBe(typed);
}

test.describe("a server that is away", () => {
  test.use({ allowedProblems: DISTURBED });

  test("takes nothing from any page, and every page is whole again by itself", async ({ page }) => {
    const repair = await announce(page.request, "LW100AA");
    const lead = await page.request.post("/api/v1/public/leads", {
      data: { name: "Lara Wolf", phone: "333 1002003", leadType: "service" },
    });
    const leadId = (await lead.json()).data.id;
    await signIn(page, "admin");
    const alerts = await (await page.request.get("/api/v1/alerts?status=active")).json();
    const device = demo().devices.find((device) => device.org === "demo")!;
    const paths = [
      "",
      "/repairs",
      "/repairs/board",
      `/repairs/${repair}`,
      "/leads",
      `/leads/${leadId}`,
      "/cold-chain",
      `/cold-chain/cells/${device.coldCellId}`,
      "/cold-chain/devices",
      "/cold-chain/customers",
      "/alerts",
      `/alerts/${alerts.data[0].id}`,
      "/notices",
    ];
    // Without the stream a page asks anew every quarter of a minute, whatever it shows; the clock is turned.
    await page.clock.install();
    await page.route("**/api/v1/live**", (route) => route.abort());
    for (const path of paths) {
      const awake = page.waitForRequest("**/api/v1/live**");
      await page.goto(`/app${path}`);
      await awake;
      const count = await typeEverywhere(page);
      const heading = await page.locator("main h1").first().textContent();
      await breakDown(page);
      await page.clock.fastForward(16_000);
      await expect(page.getByText(OLD), path).toBeVisible();
      await expect(page.locator("main")).toContainText("cannot be reached");
      await expect(page.locator("main h1").first()).toHaveText(heading!);
      await expectTyped(page, count);
      await page.unroute("**/_fn/**");
      await page.clock.fastForward(31_000);
      await expect(page.getByText(OLD), path).toHaveCount(0);
      await expectTyped(page, count);
    }
  });

  test("keeps a note that was to go with a step, until the step is done", async ({ page }) => {
    const repair = await announce(page.request, "LW200AA");
    await signIn(page, "technician");
    await open(page, `/app/repairs/${repair}`);
    const note = page.locator(`${STEP} [name=public_note]`);
    await note.fill("The bumper has come");
    await page.locator(`${STEP} [name=note]`).fill("Shelf 4");
    await breakDown(page);
    await page.getByRole("button", { name: "Accepted" }).first().click();
    await expect(page.locator("main").getByText("The server cannot be reached").first()).toBeVisible();
    await expect(note).toHaveValue("The bumper has come");
    await page.unroute("**/_fn/**");
    await expect(page.getByText(OLD)).toHaveCount(0);
    await expect(page.locator("main").getByText("cannot be reached")).toHaveCount(0);
    await expect(note).toHaveValue("The bumper has come");
    await expect(page.locator(".page-head")).not.toContainText("Accepted");

    await page.getByRole("button", { name: "Accepted" }).first().click();
    await expect(page.locator(".page-head")).toContainText("Accepted");
    await expect(page.locator(".toasts")).toContainText("LW200AA: Accepted");
    // It went with that step, and does not go with the next one.
    await expect(page.locator("main")).toContainText("The bumper has come");
    await expect(note).toHaveValue("");
    await expect(page.locator(`${STEP} [name=note]`)).toHaveValue("");
    await page.reload();
    await expect(page.locator("main")).toContainText("Shelf 4");
    await expect(note).toHaveValue("");
  });

  test("keeps what was typed into the settings", async ({ page }) => {
    await signIn(page, "admin");
    await open(page, "/app/settings");
    const name = page.locator("main [name='input[name]']");
    const before = await name.inputValue();
    await name.fill("Not to be lost");
    await breakDown(page);
    await page.getByRole("button", { name: "Save" }).first().click();
    await expect(page.getByText("The server cannot be reached").first()).toBeVisible();
    await expect(name).toHaveValue("Not to be lost");
    await name.fill(before);
  });
});

/** Ends all other sessions of a member, as from another machine. */
async function endSessions(browser: Browser, baseURL: string, login: { email: string; password: string }): Promise<void> {
  const other = await browser.newContext({ baseURL });
  const answer = await other.request.post("/api/v1/auth/login", { data: login });
  const { accessToken } = (await answer.json()).data;
  const ended = await other.request.delete("/api/v1/auth/sessions", { headers: { authorization: `Bearer ${accessToken}` } });
  expect(ended.ok()).toBe(true);
  await other.close();
}

test.describe("what was typed", () => {
  test.use({ allowedProblems: [/status of 401/] });

  test("outlives the session and a reload, and is for nobody else", async ({ page, browser, baseURL }) => {
    const repair = await announce(page.request, "LW300AA");
    // Whose sessions no other test needs while they end.
    const login = await hire(page.request, "Terzo Turno", "technician");
    await signInAs(page, login);
    const address = `/app/repairs/${repair}`;
    await open(page, address);
    const note = page.locator(`${STEP} [name=public_note]`);
    await note.fill("Half a page of text");
    await endSessions(browser, baseURL!, login);
    await page.getByRole("button", { name: "Accepted" }).first().click();
    await expect(page).toHaveURL(/\/sign-in/);
    await page.locator("[name=login]").fill(login.email);
    await page.locator("[name=password]").fill(login.password);
    await page.locator("[name=password]").press("Enter");
    await expect(page).toHaveURL(new RegExp(address));
    await expect(note).toHaveValue("Half a page of text");
    await expect(page.locator(".toasts")).toContainText("is here again");
    await expect(page.locator(".page-head")).not.toContainText("Accepted");
    await page.reload();
    await expect(note).toHaveValue("Half a page of text");

    // Somebody else on the same machine, after the session has ended by itself.
    await endSessions(browser, baseURL!, login);
    await page.context().clearCookies();
    await signIn(page, "manager");
    await open(page, address);
    await expect(note).toHaveValue("");
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("Half a page");

    await note.fill("The manager's words");
    await signOut(page);
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("manager's words");
    await signIn(page, "manager");
    await open(page, address);
    await expect(note).toHaveValue("");
  });
});

test.describe("two people at one machine", () => {
  test.use({ allowedProblems: [/status of 40[139]/] });

  test("the page of the first does nothing in the name of the second", async ({ page, context }) => {
    const repair = await announce(page.request, "LW400AA");
    await signIn(page, "technician");
    await open(page, `/app/repairs/${repair}`);
    await page.locator(`${STEP} [name=note]`).fill("Written by the first");
    const second = await hire(page.request, "Secondo Turno");
    const other = await context.newPage();
    await other.goto("/app");
    await signOut(other);
    await signInAs(other, second);

    // Unless the page has noticed by itself already.
    await page.evaluate((form) => {
      const step = document.querySelector<HTMLButtonElement>(`${form} button[value=accepted]`);
      step?.form?.requestSubmit(step);
    }, STEP);
    // The page is made anew for who is there now, who may not see it.
    await expect(page.locator("main")).toContainText("This is not yours to see");
    await page.getByLabel("Your account").click();
    await expect(page.getByText("Secondo Turno")).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/\/sign-in/);
    await signIn(page, "technician");
    await page.goto(`/app/repairs/${repair}`);
    await expect(page.locator(".page-head")).not.toContainText("Accepted");
  });
});

test("a double click on a step is one step", async ({ page }) => {
  const repair = await announce(page.request, "LW500AA");
  await signIn(page, "technician");
  await open(page, `/app/repairs/${repair}`);
  const step = page.getByRole("button", { name: "Accepted" }).first();
  const spot = (await step.boundingBox())!;
  const [x, y] = [spot.x + spot.width / 2, spot.y + spot.height / 2];
  await page.mouse.click(x, y);
  await page.waitForResponse((response) => response.url().includes("/_fn/repairs/get"));
  await page.mouse.click(x, y);
  await expect(page.locator(".toasts")).toContainText("LW500AA: Accepted");
  await expect(page.locator(".toasts .alert")).toHaveCount(1);
  const shown = await (await page.request.get(`/api/v1/repairs/${repair}`)).json();
  expect([shown.data.status, shown.data.statusHistory.length]).toEqual(["accepted", 2]);
});

test("a step by keyboard leaves the focus at what was done, and a second Enter steps no further", async ({ page }) => {
  const repair = await announce(page.request, "LW510AA");
  await signIn(page, "technician");
  await open(page, `/app/repairs/${repair}`);
  await page.getByRole("button", { name: "Accepted" }).first().focus();
  await page.keyboard.press("Enter");
  const words = page.locator(".toasts [role=status]");
  await expect(words).toContainText("LW510AA: Accepted");
  await expect(page.locator(".page-head")).toContainText("Accepted");
  await expect(words).toBeFocused();
  // When buttons take a press again.
  await expect(page.locator("html")).not.toHaveAttribute("data-locked");
  await page.keyboard.press("Enter");
  await expect(words).toBeFocused();
  const shown = await (await page.request.get(`/api/v1/repairs/${repair}`)).json();
  expect([shown.data.status, shown.data.statusHistory.length]).toEqual(["accepted", 2]);
});

test("on the board a second click at the same spot moves no other car", async ({ page }) => {
  const [below, above] = [await announce(page.request, "LW600AA"), await announce(page.request, "LW601AA")];
  await signIn(page, "technician");
  await open(page, "/app/repairs/board");
  const first = page.locator("article", { hasText: "LW601AA" });
  await first.getByText("Move to").click();
  const step = first.getByRole("button", { name: "Accepted" });
  const spot = (await step.boundingBox())!;
  const [x, y] = [spot.x + spot.width / 2, spot.y + spot.height / 2];
  await page.mouse.click(x, y);
  const accepted = page.getByRole("region", { name: "Accepted" });
  const moved = accepted.locator("article", { hasText: "LW601AA" });
  await expect(moved).toBeVisible();
  // The focus goes with the card.
  await expect(moved.locator("summary")).toBeFocused();
  await page.mouse.click(x, y);
  await expect(page.locator("details.steps[open]")).toHaveCount(0);
  await expect(page.locator(".toasts")).toContainText("LW601AA: Accepted");
  const statuses = [];
  for (const id of [below, above]) {
    statuses.push((await (await page.request.get(`/api/v1/repairs/${id}`)).json()).data.status);
  }
  expect(statuses).toEqual(["pre_checkin", "accepted"]);
});

test("an open menu of the board stays with its car when another one goes", async ({ page }) => {
  const [below, above] = [await announce(page.request, "LW700AA"), await announce(page.request, "LW701AA")];
  expect(below).not.toBe(above);
  await signIn(page, "technician");
  await open(page, "/app/repairs/board");
  const card = page.locator("article", { hasText: "LW700AA" });
  await card.getByText("Move to").click();
  const { email, password } = demoUser("manager");
  const colleague = await page.request.post("/api/v1/auth/login", { data: { email, password } });
  const { accessToken } = (await colleague.json()).data;
  const step = await page.request.post(`/api/v1/repairs/${above}/status`, {
    data: { status: "accepted", version: 1 },
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(step.ok()).toBe(true);
  const accepted = page.getByRole("region", { name: "Accepted" });
  await expect(accepted.locator("article", { hasText: "LW701AA" })).toBeVisible();
  await expect(page.locator("details.steps[open]")).toHaveCount(1);
  await expect(card.locator("details.steps")).toHaveAttribute("open");
});

test("what is typed for one lead does not end up with another", async ({ page }) => {
  const leads = [];
  for (const name of ["Nina Prima", "Nina Seconda"]) {
    const lead = await page.request.post("/api/v1/public/leads", {
      data: { name, phone: "333 7008009", leadType: "service" },
    });
    leads.push((await lead.json()).data.id);
  }
  await signIn(page, "agent");
  await open(page, `/app/leads/${leads[1]}`);
  await page.getByLabel("Note").fill("For the second");
  await page.getByRole("link", { name: "Open the earlier lead" }).click();
  await expect(page.getByRole("heading", { name: "Nina Prima" })).toBeVisible();
  await expect(page.getByLabel("Note")).toHaveValue("");
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Nina Seconda" })).toBeVisible();
  await expect(page.getByLabel("Note")).toHaveValue("For the second");
});

test("what is typed for a step that a colleague takes stays to be copied", async ({ page, browser, baseURL }) => {
  const repair = await announce(page.request, "LW800AA");
  await signIn(page, "technician");
  await open(page, `/app/repairs/${repair}`);
  await page.getByLabel("Message for the customer").fill("Please bring both keys");
  const elsewhere = await browser.newContext({ baseURL: baseURL! });
  const { email, password } = demoUser("manager");
  const colleague = await elsewhere.request.post("/api/v1/auth/login", { data: { email, password } });
  const { accessToken } = (await colleague.json()).data;
  const step = await elsewhere.request.post(`/api/v1/repairs/${repair}/status`, {
    data: { status: "accepted", version: 1 },
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(step.ok()).toBe(true);
  await elsewhere.close();
  await expect(page.locator(".page-head")).toContainText("Accepted");
  await expect(page.getByLabel("Message for the customer")).toHaveCount(0);
  const lost = page.locator("main .alert", { hasText: "Please bring both keys" });
  await expect(lost).toContainText("Message for the customer");
  await expectAccessibleLightAndDark(page);
  await page.reload();
  await expect(lost).toBeVisible();
  await lost.getByRole("button", { name: "Copy" }).click();
  await expect(lost.getByRole("button", { name: "Copied" })).toBeVisible();
  // On other pages there is nothing of it.
  await page.getByRole("link", { name: "Repairs", exact: true }).first().click();
  await expect(page.getByRole("table").first()).toBeVisible();
  await expect(lost).toHaveCount(0);
  await page.goBack();
  await expect(lost).toBeVisible();
  await lost.getByRole("button", { name: "Discard" }).click();
  await expect(lost).toHaveCount(0);
  await open(page, `/app/repairs/${repair}`);
  await expect(page.locator(".page-head")).toContainText("Accepted");
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("both keys");
});

test("Back to a list leads to the place in it where one was", async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 500 });
  await signIn(page, "manager");
  await open(page, "/app/repairs");
  const link = page.locator("main table a.main").nth(20);
  await link.scrollIntoViewIfNeeded();
  await page.evaluate(() => window.scrollBy(0, 120));
  const before = await page.evaluate(() => window.scrollY);
  expect(before).toBeGreaterThan(100);
  const href = await link.getAttribute("href");
  await link.click();
  await expect(page).toHaveURL(new RegExp(href!));
  await expect(page.locator("dl.facts")).toBeVisible();
  await page.goBack();
  await expect(page.locator(`main a[href="${href}"]`)).toBeFocused();
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(100);
});
