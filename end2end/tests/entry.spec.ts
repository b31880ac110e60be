import {
  demoUser,
  expect,
  expectAccessibleLightAndDark,
  expectNoProblems,
  hire,
  mailedLink,
  signIn,
  signInAs,
  test,
  watch,
} from "./support.ts";

test("somebody is invited by mail, follows the link in a browser of their own, and is in", async ({
  page,
  browser,
  baseURL,
}) => {
  const email = "marta.nuova@demo.test";
  await signIn(page, "admin");
  await page.goto("/app/people");
  await page.getByRole("link", { name: "Invite" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Invite" })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("Name").fill("Marta Nuova");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Role").selectOption("Technician");
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByText("The invitation is on its way")).toBeVisible();
  const invitations = page.getByRole("table", { name: "Invitations" });
  await expect(invitations).toContainText(email);
  await expectAccessibleLightAndDark(page);

  const elsewhere = await browser.newContext({ baseURL: baseURL!, locale: "en-GB" });
  const problems = watch(elsewhere);
  const theirs = await elsewhere.newPage();
  await theirs.goto(await mailedLink(email, "join"));
  await expectAccessibleLightAndDark(theirs);
  await expect(theirs.getByLabel("Name")).toHaveValue("Marta Nuova");
  await theirs.locator("[name=password]").fill("le gomme del vicino");
  await theirs.getByRole("button", { name: "Come in" }).click();
  await theirs.waitForURL(/\/app$/);
  await expect(theirs.getByRole("link", { name: "Repairs" })).toBeVisible();
  expectNoProblems(problems);
  await elsewhere.close();

  await page.goto("/app/people/invite");
  await expect(page.getByText(email)).toHaveCount(0);
});

test("a link that no mail can carry is shown once, and an invitation is withdrawn", async ({ page }) => {
  await signIn(page, "admin");
  await page.goto("/app/people/invite");
  await page.getByLabel("Name").fill("Tina Telefono");
  await page.getByLabel("Phone").fill("+39 333 9988776");
  await page.getByLabel("Role").selectOption("Caregiver");
  await page.getByRole("button", { name: "Invite" }).click();
  const field = page.getByLabel("Link", { exact: true });
  await expect(field).toHaveValue(/\/join\//);
  await expect(field).toBeFocused();
  await expect(page.getByText("hand it over yourself").first()).toBeVisible();
  await expectAccessibleLightAndDark(page);
  const link = await field.inputValue();

  // Loaded anew, the page sends no form, and neither loses the link nor makes another one.
  await page.reload();
  await expect(field).toHaveValue(link);
  await expect(page.getByLabel("Withdraw the invitation of Tina Telefono")).toHaveCount(1);
  await page.getByLabel("Withdraw the invitation of Tina Telefono").click();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Withdraw it" }).click();
  await expect(page.getByText("The invitation is withdrawn")).toBeVisible();
  await expect(page.getByText("Tina Telefono")).toHaveCount(0);
  expect(await page.content()).not.toContain(link);
  expect((await page.request.get(link)).status()).toBe(404);
});

test.describe("an invitation that is refused", () => {
  test.use({ allowedProblems: [/status of 400 .*people\/invite/] });

  test("says why, and keeps what was typed", async ({ page }) => {
    await signIn(page, "admin");
    await page.goto("/app/people/invite");
    await page.getByLabel("Name").fill("Rino Ritento");
    await page.getByRole("button", { name: "Invite" }).click();
    await expect(page.getByText("This or a phone number is required.")).toBeVisible();
    await expect(page.getByLabel("Name")).toHaveValue("Rino Ritento");
    await expectAccessibleLightAndDark(page);
  });
});

test("a forgotten password is chosen anew by mail", async ({ page, request }) => {
  const fulvia = await hire(request, "Fulvia Dimentica");
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("E-mail or phone").fill(fulvia.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Look into your mail" })).toBeVisible();

  await page.goto(await mailedLink(fulvia.email, "reset"));
  await expectAccessibleLightAndDark(page);
  const password = "una bicicletta verde";
  await page.locator("[name=password]").fill(password);
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await signInAs(page, { ...fulvia, password });
});

test("an administrator has a link for a new password mailed to a member", async ({ page, request }) => {
  const bruna = await hire(request, "Bruna Smemorata");
  await signIn(page, "admin");
  await page.goto("/app/people?search=Bruna");
  await page.getByRole("table", { name: "Members" }).getByRole("link", { name: "Bruna Smemorata" }).click();
  await page.getByRole("button", { name: "Make a link for a new password" }).click();
  await expect(page.getByText("The link is on its way")).toBeVisible();
  await expectAccessibleLightAndDark(page);
  expect((await page.request.get(await mailedLink(bruna.email, "reset"))).status()).toBe(200);
});

test("who has an account joins a second organisation with it, and goes from one to the other", async ({
  page,
  browser,
  request,
  baseURL,
}) => {
  const rita = await hire(request, "Rita Dueposti");
  await signInAs(page, demoUser("admin", "demo-2"));
  await page.goto("/app/people/invite");
  await page.getByLabel("Name").fill("Rita Dueposti");
  await page.getByLabel("E-mail").fill(rita.email);
  await page.getByLabel("Role").selectOption("Agent");
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByText("The invitation is on its way")).toBeVisible();

  const elsewhere = await browser.newContext({ baseURL: baseURL!, locale: "en-GB" });
  const problems = watch(elsewhere);
  const theirs = await elsewhere.newPage();
  await signInAs(theirs, rita);
  const here = theirs.locator(".sidebar .mark .clip");
  const first = await here.innerText();
  await theirs.goto(await mailedLink(rita.email, "join"));
  await expect(theirs.getByText(`You are signed in as ${rita.email}.`)).toBeVisible();
  await expectAccessibleLightAndDark(theirs);
  await theirs.getByRole("button", { name: "Come in" }).click();
  await theirs.waitForURL(/\/app$/);
  await expect(here).not.toHaveText(first);
  await expect(theirs.getByRole("link", { name: "Leads", exact: true })).toBeVisible();

  await theirs.goto("/app/account");
  await expectAccessibleLightAndDark(theirs);
  await theirs.getByRole("button", { name: first }).click();
  await theirs.waitForURL(/\/app$/);
  await expect(here).toHaveText(first);
  await expect(theirs.getByRole("link", { name: "Leads", exact: true })).toHaveCount(0);
  expectNoProblems(problems);
  await elsewhere.close();
});

test("proving who sits there leads back", async ({ page }) => {
  const admin = demoUser("admin");
  await signInAs(page, admin);
  await page.goto("/app/account/prove?next=%2Fapp%2Fleads");
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(/\/app\/leads$/);
});
