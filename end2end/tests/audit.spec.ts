import { expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

test("a manager finds who changed what, sees the difference, and takes it out as a file", async ({ page }) => {
  await signIn(page, "manager");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit" }).click();
  await expect(page.getByRole("heading", { name: "Audit" })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();

  await page.getByLabel("What", { exact: true }).selectOption("repairs.status_changed");
  await expect(page).toHaveURL(/action=repairs\.status_changed/);
  const row = page.getByRole("row").nth(1);
  await expect(row).toContainText("Repairs: status changed");
  await row.locator("summary").click();
  await expect(row.locator("del").first()).toBeVisible();
  await expectAccessibleLightAndDark(page);

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export" }).click();
  expect((await download).suggestedFilename()).toMatch(/^audit-\d{4}-\d\d-\d\d\.csv$/);

  await row.getByRole("link", { name: "Everything about it" }).click();
  await expect(page).toHaveURL(/subject=repair%3A/);
  await page.goto("/app/audit?action=audit.exported");
  await expect(page.getByRole("row").nth(1)).toContainText("Audit: exported");
});

test("the journal reads on a phone", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 800 });
  await signIn(page, "admin");
  await page.goto("/app/audit");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(375);
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page.getByRole("link", { name: "First page" })).toBeVisible();
});
