import { expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

// The refusal that the story provokes.
test.use({ allowedProblems: [/status of 400 .*leads\/update/] });

test("a visitor's lead arrives at the front desk and is followed up", async ({ page, browser, baseURL }) => {
  const visitor = await browser.newContext({ baseURL: baseURL! });
  const form = await visitor.newPage();
  await form.goto("/contact");
  await form.locator("[name=name]").fill("Carla Rosa");
  await form.locator("[name=phone]").fill("333 0001112");
  await form.locator("[name=leadType]").selectOption("training");
  await form.locator("[name=message]").fill("Please call after six");
  // Whoever answers faster than a person could is set aside: see the test after this one. The server counts from when it
  // made the form, which was before its answer began to come.
  await form.waitForFunction(() => {
    const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return performance.now() - page!.responseStart > 2_500;
  });
  await form.locator("form button[type=submit]").last().click();
  await form.waitForURL(/\/contact\/done/);
  await visitor.close();

  await signIn(page, "agent");
  await page.goto("/app/leads");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Carla Rosa" }).first().click();
  await expect(page.getByRole("heading", { name: "Carla Rosa" })).toBeVisible();
  await expect(page.getByText("Please call after six")).toBeVisible();

  await page.getByRole("button", { name: "Lost" }).click();
  await expect(page.getByText("required when a lead is lost")).toBeVisible();
  await page.getByLabel("Note").fill("Calls back on Monday");
  await page.getByRole("button", { name: "Contacted" }).click();
  await expect(page.locator(".page-head")).toContainText("Contacted");
  await expect(page.locator("body")).toContainText("Calls back on Monday");
  await expectAccessibleLightAndDark(page);
});

test("what no person sends is set aside, and can be released", async ({ page, browser, baseURL }) => {
  const machine = await browser.newContext({ baseURL: baseURL! });
  const form = await machine.newPage();
  await form.goto("/contact");
  await form.locator("[name=name]").fill("Quick Robot");
  await form.locator("[name=phone]").fill("333 9998887");
  await form.locator("[name=leadType]").selectOption("service");
  // People do not see this field.
  await form.locator("[name=website]").evaluate((field: HTMLInputElement) => (field.value = "https://robot.test"));
  await form.locator("form").last().evaluate((form: HTMLFormElement) => form.requestSubmit());
  await form.waitForURL(/\/contact\/done/);
  await machine.close();

  await signIn(page, "agent");
  await page.goto("/app/leads?quarantined=1");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Quick Robot" }).click();
  await page.getByRole("button", { name: /release/ }).click();
  await expect(page.getByRole("button", { name: /release/ })).toHaveCount(0);
  await page.goto("/app/leads?search=Quick+Robot");
  await expect(page.getByRole("link", { name: "Quick Robot" })).toBeVisible();
});
