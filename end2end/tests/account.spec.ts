import { expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

test("a person sees where they are signed in and ends what is not theirs any more", async ({ page, browser, baseURL }) => {
  const elsewhere = await browser.newContext({ baseURL: baseURL! });
  const forgotten = await elsewhere.newPage();
  await signIn(forgotten, "teacher");
  await signIn(page, "teacher");

  await page.getByLabel("Your account").click();
  await page.getByRole("link", { name: "Your account" }).click();
  await expect(page.getByText("This one")).toHaveCount(1);
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "End all others" }).click();
  await expect(page.getByRole("button", { name: "End all others" })).toHaveCount(0);

  await forgotten.goto("/app");
  await expect(forgotten).toHaveURL(/\/sign-in/);
  await elsewhere.close();
});

test.describe("a password that is refused", () => {
  test.use({ allowedProblems: [/status of 400 .*account\/password/] });

  test("is told beside its field, and nothing changes", async ({ page }) => {
    await signIn(page, "student");
    await page.goto("/app/account");
    await expect(page.getByText("Live", { exact: true })).toHaveCount(0);
    await page.getByLabel("Your password until now").fill("not my password");
    await page.getByLabel("Your new password").fill("password123");
    await page.getByRole("button", { name: "Change the password" }).click();
    await expect(page.getByText("guessed first")).toBeVisible();
  });
});

test("menus of the header close by Escape and by a press elsewhere", async ({ page }) => {
  await signIn(page, "agent");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const [account, out] = [page.getByLabel("Your account"), page.getByRole("button", { name: "Sign out" })];
  await account.click();
  await expect(out).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(out).toBeHidden();
  await expect(account).toBeFocused();
  await account.click();
  await expect(out).toBeVisible();
  await page.locator("main").click({ position: { x: 5, y: 5 } });
  await expect(out).toBeHidden();
});
