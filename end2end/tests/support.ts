import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type APIRequestContext, type BrowserContext, type Page } from "@playwright/test";
import { mailsTo } from "../mailbox.ts";
import { readDemo, type Demo } from "../server.mjs";

export { expect };

/** The demo's accounts, codes and devices. */
export function demo(): Demo {
  const data = process.env.OFFICINA_END2END_DATA;
  if (!data) throw new Error("no demo server: run the tests through playwright test");
  return readDemo(data);
}

/** A demo account of `role`; every role has one in organisation `demo`. */
export function demoUser(role: string, org = "demo"): Demo["users"][number] {
  const user = demo().users.find((user) => user.org === org && user.role === role);
  if (!user) throw new Error(`the demo has no ${role} in ${org}`);
  return user;
}

/** What somebody signs in with. */
export interface Login {
  email: string;
  password: string;
}

/** Signs in through the form, as a person would. */
export async function signIn(page: Page, role: string, org = "demo"): Promise<void> {
  await signInAs(page, demoUser(role, org));
}

/** The same with what somebody signs in with. */
export async function signInAs(page: Page, login: Login): Promise<void> {
  await typePassword(page, login);
  await page.waitForURL(/\/app(\/|$|\?)/);
}

/** The first step of it, which may lead to the question for a code. */
export async function typePassword(page: Page, { email, password }: Login): Promise<void> {
  await page.goto("/sign-in");
  await page.locator("[name=login]").fill(email);
  await page.locator("[name=password]").fill(password);
  await page.locator("[name=password]").press("Enter");
}

/** Signs out by the menu. */
export async function signOut(page: Page): Promise<void> {
  await page.getByLabel("Your account").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/sign-in/);
}

/** Adds a member whom no other test knows, and says what they sign in with. */
export async function hire(request: APIRequestContext, name: string, role = "caregiver"): Promise<Login> {
  const { email: login, password } = demoUser("admin");
  const signedIn = await request.post("/api/v1/auth/login", { data: { email: login, password } });
  const { accessToken } = (await signedIn.json()).data;
  const email = `${name.toLowerCase().replace(" ", ".")}@demo.test`;
  const added = await request.post("/api/v1/admin/users", {
    headers: { authorization: `Bearer ${accessToken}` },
    data: { email, name, role, password: "le gomme del vicino" },
  });
  expect(added.status()).toBe(201);
  return { email, password: "le gomme del vicino" };
}

/** Opens a page and waits until its scripts have taken over. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
}

/** The link of a kind, `join` or `reset`, that was mailed to an address last. */
export async function mailedLink(address: string, kind: string): Promise<string> {
  const folder = process.env.OFFICINA_END2END_MAILS;
  if (!folder) throw new Error("no mailbox: run the tests through playwright test");
  const link = new RegExp(`https?://\\S+/${kind}/\\S+`);
  const last = (): string | undefined =>
    mailsTo(folder, address)
      .map((mail) => link.exec(mail.text)?.[0])
      .filter((found) => found !== undefined)
      .at(-1);
  await expect.poll(last, { timeout: 15_000, message: `a mail to ${address}` }).toBeDefined();
  return last()!;
}

/** Collects what no page may do: console errors, uncaught exceptions, requests that fail or answer 5xx.
 * The context of each test is watched already; this is for the further ones that a test opens itself. */
export function watch(context: BrowserContext): string[] {
  const problems: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => problems.push(`exception: ${error.error().stack ?? error.error().message}`));
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "unknown reason";
    // Leaving a page ends what it was still loading, its event stream above all.
    if (reason !== "net::ERR_ABORTED") problems.push(`request: ${request.method()} ${request.url()}: ${reason}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 500) problems.push(`answer: ${response.status()} ${response.url()}`);
  });
  return problems;
}

/** Fails on every problem that none of `allowed` matches. */
export function expectNoProblems(problems: string[], allowed: RegExp[] = []): void {
  expect(problems.filter((problem) => !allowed.some((pattern) => pattern.test(problem)))).toEqual([]);
}

/** Playwright's `test`, where a problem that {@link watch} sees fails the test. A test that causes one on purpose
 * names it: `test.use({ allowedProblems: [/status of 404/] })`. */
export const test = base.extend<{ allowedProblems: RegExp[]; watched: void }>({
  allowedProblems: [[], { option: true }],
  watched: [
    async ({ context, allowedProblems }, use) => {
      const problems = watch(context);
      await use();
      expectNoProblems(problems, allowedProblems);
    },
    { auto: true },
  ],
});

/** No axe violation on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.failureSummary} ${node.html}`))).toEqual([]);
}

/** The same in light and in dark. Without motion, so that no colour is looked at half-way between the two. */
export async function expectAccessibleLightAndDark(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expectAccessible(page);
  }
}
