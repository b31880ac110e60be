import { expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

test("a technician sees what there was to tell, reads it, and the bell is quiet", async ({ page }) => {
  await signIn(page, "technician");
  await page.getByRole("link", { name: /^Notices/ }).click();
  await expect(page.getByRole("heading", { name: "Notices" })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  // More may come while one reads: the demo's devices go on.
  await expect(async () => {
    const all = page.getByRole("button", { name: "Mark all as read" });
    if (await all.isVisible()) {
      await all.click();
    }
    await expect(all).toHaveCount(0, { timeout: 2_000 });
    await expect(page.getByRole("link", { name: "Notices", exact: true })).toBeVisible({ timeout: 2_000 });
  }).toPass();
});

test("everybody chooses what they are told", async ({ page }) => {
  await signIn(page, "manager");
  await page.goto("/app/account/notices");
  await expectAccessibleLightAndDark(page);
  const mail = page.getByRole("group", { name: "By mail, when" });
  const over = mail.getByLabel("an alert that I was told of is over");
  await expect(over).not.toBeChecked();
  await over.check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  await page.goto("/app/account/notices");
  await expect(over).toBeChecked();
  await over.uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
});
