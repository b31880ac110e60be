import { expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

// In the second organisation, so that no other story notices.
const ORG = "demo-2";
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

test.describe.configure({ mode: "serial" });

test.describe("what is wrong", () => {
  test.use({ allowedProblems: [/status of 400 .*settings\/update/] });

  test("is told beside its field, and what was typed stays", async ({ page }) => {
    await signIn(page, "admin", ORG);
    await page.getByRole("link", { name: "Settings" }).click();
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await expectAccessibleLightAndDark(page);
    await page.getByLabel("Monday").fill("8 to noon");
    await page.getByLabel("Currency").fill("CHF");
    await page.getByRole("button", { name: "Save" }).click();
    // The focus is at the summary, in sight, and leads on to the field.
    const summary = page.getByRole("alert").filter({ hasText: "One field needs another look." });
    await expect(summary).toBeFocused();
    await expect(summary).toBeInViewport();
    await expect(page.getByText("times such as 8-12").last()).toBeVisible();
    await summary.getByRole("link", { name: "Monday" }).press("Enter");
    await expect(page.getByLabel("Monday")).toBeFocused();
    await expect(page.getByLabel("Currency")).toHaveValue("CHF");
    await expect(page.getByLabel("Monday")).toHaveValue("8 to noon");
    await expectAccessibleLightAndDark(page);
  });
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false, allowedProblems: [/\/pkg\/.*: csp$|status of 400 .*\/app\/settings/] });

  test("what was typed stays where something of it is refused", async ({ page }) => {
    await signIn(page, "admin", ORG);
    await page.goto("/app/settings");
    await page.getByLabel("Monday").fill("8 to noon");
    await page.getByLabel("Currency").fill("CHF");
    await page.getByLabel(/^Check in a car/).uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("times such as 8-12").last()).toBeVisible();
    await expect(page.getByLabel("Currency")).toHaveValue("CHF");
    await expect(page.getByLabel("Monday")).toHaveValue("8 to noon");
    await expect(page.getByLabel(/^Check in a car/)).not.toBeChecked();
  });
});

test("name, hours and logo are the organisation's own", async ({ page, browser, baseURL }) => {
  await signIn(page, "admin", ORG);
  await page.goto("/app/settings");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const name = await page.getByLabel("Name", { exact: true }).inputValue();
  await page.getByLabel("Name", { exact: true }).fill("Freddo & Figli");
  await page.getByLabel("Monday").fill("8–12.30 / 14-18:30");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.locator("main .alert", { hasText: "Saved." })).toBeFocused();
  await expect(page.locator(".sidebar")).toContainText("Freddo & Figli");
  await expect(page.getByLabel("Monday")).toHaveValue("08:00-12:30, 14:00-18:30");

  await page.getByLabel("A picture").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: PICTURE });
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.locator(".sidebar .mark img")).toBeVisible();
  const visitor = await browser.newContext({ baseURL: baseURL! });
  const front = await visitor.newPage();
  await front.goto(`/o/${ORG}`);
  await expect(front.locator("header .mark img")).toBeVisible();
  await visitor.close();

  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByText("Remove the logo").click();
  await page.getByRole("button", { name: "Remove it" }).click();
  await expect(page.locator(".sidebar .mark img")).toHaveCount(0);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".sidebar")).toContainText(name);
});

test("what is switched off is gone, and the public page says so", async ({ page }) => {
  await signIn(page, "admin", ORG);
  const choose = async (label: RegExp, on: boolean, stops?: string) => {
    await page.goto("/app/settings");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    const stop = page.getByLabel("Stop it where I switch an area off");
    await expect(stop).toBeHidden();
    await page.getByLabel(label).setChecked(on);
    if (stops) {
      await expect(page.getByRole("listitem").filter({ hasText: stops })).toBeVisible();
      await stop.check();
    }
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();
  };
  await choose(/^Leads:/, false, "to be called");
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Leads" })).toHaveCount(0);
  await choose(/^Leads:/, true);
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Leads" })).toHaveCount(1);

  await choose(/^Check in a car/, false);
  await page.goto(`/o/${ORG}/check-in?lang=en`);
  await expect(page.getByText("Check-in is closed here for now").last()).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await choose(/^Check in a car/, true);
  await page.goto(`/o/${ORG}/check-in?lang=en`);
  await expect(page.locator("[name=customerName]")).toBeVisible();
});

test("temperatures are shown in the unit of the organisation, and typed in it", async ({ page }) => {
  await signIn(page, "admin", ORG);
  const show = async (unit: string) => {
    await page.goto("/app/settings");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await page.getByLabel("Temperatures are shown in").selectOption({ label: unit });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();
  };
  await show("°F");
  await page.goto("/app/cold-chain/add");
  await expect(page.getByLabel("Name", { exact: true }).last()).toBeVisible();
  await page.locator("form").filter({ hasText: "Make the place" }).getByLabel("Name", { exact: true }).fill("Molo");
  await page.getByRole("button", { name: "Make the place" }).click();
  await expect(page.getByLabel("What it is")).toContainText("Freezer, −13 to 5 °F");
  await page.locator("form").filter({ hasText: "Make the cell" }).getByLabel("Name", { exact: true }).fill("Tonno");
  await page.getByRole("button", { name: "Make the cell" }).click();
  await page.goto("/app/cold-chain?search=Tonno");
  await expect(page.getByText("−13 to 5 °F").first()).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await show("°C");
  await page.goto("/app/cold-chain?search=Tonno");
  await expect(page.getByText("−25 to −15 °C").first()).toBeVisible();
});
