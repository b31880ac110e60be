import { demo, expect, test } from "./support.ts";

test("the server says that it is alive", async ({ request }) => {
  const answer = await request.get("/health");
  expect(answer.status()).toBe(200);
  expect(await answer.json()).toMatchObject({ status: expect.any(String), version: expect.any(String) });
});

test("the demo tells where it listens", async ({ baseURL }) => {
  expect(demo().baseUrl).toBe(baseURL);
});
