import { expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

test("a customer's pages ask for what is new, where there is no stream to follow", async ({ page }) => {
  await signIn(page, "customer");
  const streams: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/live")) streams.push(request.url());
  });
  await page.goto("/app/alerts");
  await expect(page.getByText("Delayed", { exact: true })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  // It comes with the page, and then again and again.
  for (let round = 0; round < 2; round += 1) {
    const answer = await page.waitForResponse((response) => response.url().includes("/_fn/alerts/list"), { timeout: 25_000 });
    expect(answer.status()).toBe(200);
  }
  expect(streams).toEqual([]);
});
