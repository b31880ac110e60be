import type { CDPSession, Page } from "@playwright/test";

import { expect, expectAccessibleLightAndDark, hire, signInAs, signOut, test } from "./support.ts";

const address = "/app/account/passkeys";

/** Passkeys are bound to a name: the demo server on loopback is reached by this one. */
test.use({ baseURL: process.env.OFFICINA_END2END_URL?.replace("127.0.0.1", "localhost") });

/** A phone that is unlocked, as the browser sees it (Chrome DevTools Protocol, domain WebAuthn). */
async function unlockedPhone(page: Page): Promise<{ devtools: CDPSession; authenticatorId: string }> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { devtools, authenticatorId };
}

test("a phone is added, lets its owner in without a password, proves who sits there, and is removed", async ({
  page,
  request,
}) => {
  const { devtools, authenticatorId } = await unlockedPhone(page);
  const paola = await hire(request, "Paola Impronta");
  await signInAs(page, paola);
  await page.goto("/app/account");
  await page.getByRole("link", { name: "Passkeys" }).click();
  await expect(page.getByText("No passkey yet")).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByLabel("What you call it").fill("Paola's phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByText("Paola's phone lets you in")).toBeVisible();
  await expect(page.getByRole("table", { name: "Passkeys" })).toContainText("Paola's phone");
  await expectAccessibleLightAndDark(page);

  await signOut(page);
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(/\/app$/);

  // The same finger opens what must not be done from a browser left open.
  await page.goto("/app/account/prove?next=%2Fapp%2Faccount%2Fpasskeys");
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.waitForURL(/\/app\/account\/passkeys$/);

  await page.getByText("Remove", { exact: true }).click();
  await page.getByRole("button", { name: "Remove it" }).click();
  await expect(page.getByText("No passkey yet")).toBeVisible();
  const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials).toHaveLength(1);
});

test.describe("a finger that the phone does not know", () => {
  test("adds nothing and lets nobody in", async ({ page, request }) => {
    const { devtools, authenticatorId } = await unlockedPhone(page);
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await signInAs(page, await hire(request, "Rita Guanto"));
    await page.goto(address);
    await page.getByLabel("What you call it").fill("Rita's phone");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await expect(page.getByText("Nothing was added. Try again.")).toBeVisible();
    await expect(page.getByLabel("What you call it")).toHaveValue("Rita's phone");
    await signOut(page);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(page.getByText("That did not work. Try again, or use your password.")).toBeVisible();
    await expectAccessibleLightAndDark(page);
  });
});

test("reached by a number, no passkey is offered", async ({ page }) => {
  await page.goto(`${process.env.OFFICINA_END2END_URL}/sign-in`);
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toBeHidden();
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false, allowedProblems: [/\/pkg\/.*: csp$/] });

  test("the page of the passkeys says what they take, and the password still works", async ({ page, request }) => {
    await signInAs(page, await hire(request, "Lia Senza"));
    await page.goto(address);
    await expect(page.getByText("This browser cannot make one here.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Add a passkey" })).toBeHidden();
  });
});
