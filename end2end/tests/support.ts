import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
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

/** Signs in through the form, as a person would. */
export async function signIn(page: Page, role: string, org = "demo"): Promise<void> {
  const user = demoUser(role, org);
  await page.goto("/sign-in");
  await page.locator("[name=login]").fill(user.email);
  await page.locator("[name=password]").fill(user.password);
  await page.locator("[name=password]").press("Enter");
  await page.waitForURL(/\/app(\/|$|\?)/);
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
  expect(violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }))).toEqual([]);
}

/** The same in light and in dark. Without motion, so that no colour is looked at half-way between the two. */
export async function expectAccessibleLightAndDark(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expectAccessible(page);
  }
}
