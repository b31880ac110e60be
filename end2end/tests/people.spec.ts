import type { Page } from "@playwright/test";

import {
  demoUser,
  expect,
  expectAccessibleLightAndDark,
  expectNoProblems,
  hire,
  open,
  signIn,
  signInAs,
  test,
  watch,
} from "./support.ts";

/** Opens the page of a member, by a word of the name. */
async function openMember(page: Page, name: string): Promise<void> {
  await open(page, `/app/people?search=${encodeURIComponent(name)}`);
  await page.getByRole("table", { name: "Members" }).getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

test("every page of the people side can be read by everybody", async ({ page }) => {
  await signIn(page, "admin");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "People" }).click();
  await expect(page.getByRole("table", { name: "Members" })).toBeVisible();
  await expectAccessibleLightAndDark(page);

  const tabs = page.getByRole("navigation", { name: "People" });
  await tabs.getByRole("link", { name: "Roles" }).click();
  await expect(page.getByRole("heading", { name: "Technician" })).toBeVisible();
  await page.getByText("May do 10 things").first().click();
  await expect(page.locator("details[open]").getByText("see cold cells, devices and charts")).toBeVisible();
  await expectAccessibleLightAndDark(page);

  await page.getByRole("link", { name: "Technician" }).click();
  await expect(page.getByText("Every organisation has this role.")).toBeVisible();
  await expectAccessibleLightAndDark(page);

  await tabs.getByRole("link", { name: "Programs" }).click();
  await expect(page.getByRole("heading", { name: "A key for a program" })).toBeVisible();
  await expectAccessibleLightAndDark(page);
});

test("members are found by role, status and words, and the address says which", async ({ page }) => {
  await signIn(page, "admin");
  await open(page, "/app/people");
  const members = page.getByRole("table", { name: "Members" });
  await page.getByLabel("Role", { exact: true }).selectOption("student");
  await expect(page).toHaveURL(/role=student/);
  await expect(members.getByRole("row")).toHaveCount(2);
  await expect(members).toContainText(demoUser("student").email);

  await page.getByLabel("Status", { exact: true }).selectOption("terminated");
  await expect(page.getByText("Nobody matches")).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("link", { name: "Show everybody" }).click();
  await expect(page).toHaveURL(/\/app\/people$/);
  await expect(members).toContainText(demoUser("admin").email);
});

test("a role is made, changed and given to a member, who may do at once what it says", async ({
  page,
  browser,
  request,
  baseURL,
}) => {
  const elisa = await hire(request, "Elisa Prova");
  const elsewhere = await browser.newContext({ baseURL: baseURL! });
  const problems = watch(elsewhere);
  const theirs = await elsewhere.newPage();
  await signInAs(theirs, elisa);
  const ways = theirs.getByRole("navigation", { name: "Main" });
  await expect(ways.getByRole("link", { name: "Leads" })).toHaveCount(0);

  await signIn(page, "admin");
  await open(page, "/app/people/roles");
  await page.getByRole("link", { name: "New role" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "New role" })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("Name").fill("Front desk");
  await page.getByLabel("see leads", { exact: true }).check();
  await page.getByRole("button", { name: "Make the role" }).click();
  await expect(page).toHaveURL(/\/app\/people\/roles$/);

  await page.getByRole("link", { name: "Front desk" }).click();
  await expect(page.getByLabel("see leads", { exact: true })).toBeChecked();
  await page.getByLabel("see repairs, their photos and their history", { exact: true }).check();
  await page.getByLabel("Name").fill("Front desk, evenings");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Front desk, evenings" })).toBeVisible();
  await expect(page.getByText("Nobody has it")).toBeVisible();
  await expectAccessibleLightAndDark(page);

  await openMember(page, "Elisa Prova");
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("Role", { exact: true }).selectOption("Front desk, evenings");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("definition").filter({ hasText: "Front desk, evenings" })).toBeVisible();
  await theirs.goto("/app");
  await expect(ways.getByRole("link", { name: "Leads" })).toBeVisible();
  await expect(ways.getByRole("link", { name: "Repairs" })).toBeVisible();

  // Somebody has it, so that it stays; afterwards it goes.
  await open(page, "/app/people/roles/front-desk");
  await page.getByText("Delete this role").click();
  await expect(page.getByText("Give those who have this role another one first.")).toBeVisible();
  await openMember(page, "Elisa Prova");
  await page.getByLabel("Role", { exact: true }).selectOption("Caregiver");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("definition").filter({ hasText: "Caregiver" })).toBeVisible();
  await open(page, "/app/people/roles/front-desk");
  await page.getByText("Delete this role").click();
  await page.getByRole("button", { name: "Delete the role" }).click();
  await expect(page).toHaveURL(/\/app\/people\/roles$/);
  await expect(page.getByRole("link", { name: "Front desk, evenings" })).toHaveCount(0);

  expectNoProblems(problems);
  await elsewhere.close();
});

test("a member who is suspended is out of every browser", async ({ page, browser, request, baseURL }) => {
  const piero = await hire(request, "Piero Prova");
  const elsewhere = await browser.newContext({ baseURL: baseURL! });
  const theirs = await elsewhere.newPage();
  await signInAs(theirs, piero);

  await signIn(page, "admin");
  await openMember(page, "Piero Prova");
  await page.getByRole("button", { name: "Suspend" }).click();
  await expect(page.locator(".page-head")).toContainText("Suspended");
  await expectAccessibleLightAndDark(page);
  await theirs.goto("/app");
  await expect(theirs).toHaveURL(/\/sign-in/);

  await page.getByRole("button", { name: "Let in" }).click();
  await expect(page.locator(".page-head")).toContainText("Active");
  await signInAs(theirs, piero);
  await page.getByRole("button", { name: "End all sessions" }).click();
  await expect(page.getByText("All sessions have ended")).toBeVisible();
  await theirs.goto("/app");
  await expect(theirs).toHaveURL(/\/sign-in/);
  await elsewhere.close();
});

test.describe("the last administrator", () => {
  test.use({ allowedProblems: [/status of 409 .*people\/status/] });

  test("stays, and is told why", async ({ page }) => {
    await signIn(page, "admin");
    await openMember(page, "Giulia Ferraro");
    await expect(page.getByText("This is you")).toBeVisible();
    await page.getByRole("button", { name: "Suspend" }).click();
    await expect(page.getByText("This is the last administrator.")).toBeVisible();
    await expect(page.locator(".page-head")).toContainText("Active");
    await expectAccessibleLightAndDark(page);
  });
});

test.describe("a program", () => {
  test.use({ allowedProblems: [/status of 400 .*people\/programs/] });

  test("gets a key that is shown once, and is out when it is revoked", async ({ page, playwright, baseURL }) => {
    await signIn(page, "admin");
    await open(page, "/app/people/programs");
    await page.getByLabel("What it is for").fill("Website");
    await page.getByRole("button", { name: "Make a key" }).click();
    await expect(page.getByText("needs at least one permission")).toBeVisible();
    await expect(page.getByLabel("What it is for")).toHaveValue("Website");
    await expectAccessibleLightAndDark(page);

    await page.getByLabel("see leads", { exact: true }).check();
    await page.getByRole("button", { name: "Make a key" }).click();
    const field = page.getByLabel("Key", { exact: true });
    await expect(field).toHaveValue(/^ofc_/);
    await expect(field).toBeFocused();
    const key = await field.inputValue();
    const keys = page.getByRole("table", { name: "Keys of programs" });
    await expect(keys).toContainText("Website");
    await expectAccessibleLightAndDark(page);

    const program = await playwright.request.newContext({
      baseURL: baseURL!,
      extraHTTPHeaders: { authorization: `Bearer ${key}` },
    });
    expect((await program.get("/api/v1/admin/leads")).status()).toBe(200);
    expect((await program.get("/api/v1/repairs")).status()).toBe(403);

    // Loaded anew, the page makes no second key and does not lose the first one.
    await page.reload();
    await expect(field).toHaveValue(key);
    await expect(keys.getByRole("row")).toHaveCount(2);
    await open(page, "/app/people/programs");
    await page.getByLabel("Revoke the key of Website").click();
    await page.getByRole("button", { name: "Revoke it" }).click();
    await expect(page.getByText("No program has a key")).toBeVisible();
    expect((await program.get("/api/v1/admin/leads")).status()).toBe(401);
    await program.dispose();
  });
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false, allowedProblems: [/\/pkg\/.*: csp$/] });

  test("a key is made and shown, and all keys are revoked by name", async ({ page }) => {
    await signIn(page, "admin", "demo-2");
    for (const name of ["Accounting", "Firmware"]) {
      await page.goto("/app/people/programs");
      await page.getByLabel("What it is for").fill(name);
      await page.getByLabel("see repairs, their photos and their history", { exact: true }).check();
      await page.getByRole("button", { name: "Make a key" }).click();
      await expect(page.getByText(`The key of “${name}”`)).toBeVisible();
      await expect(page.getByLabel("Key", { exact: true })).toHaveValue(/^ofc_/);
    }
    await page.goto("/app/people/programs");
    await expect(page.getByText("The key of “Firmware”")).toBeVisible();
    await page.getByText("Revoke all keys").click();
    await expect(page.getByRole("listitem").filter({ hasText: "Firmware" })).toBeVisible();
    await page.getByRole("button", { name: "Revoke all 2 keys" }).click();
    await expect(page.getByText("No program has a key")).toBeVisible();
    await expect(page.getByLabel("Key", { exact: true })).toHaveCount(0);
  });
});
