import { defineConfig } from "@playwright/test";
import { chromiumArguments, chromiumPath } from "./server.mjs";

export default defineConfig({
  testDir: "tests",
  globalSetup: "./global-setup.ts",
  forbidOnly: !!process.env.CI,
  // A test that passes at the second try is a test that failed.
  retries: 0,
  workers: 2,
  // Long for one story, because axe looks at every page twice and a small machine runs two stories at once.
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    baseURL: process.env.OFFICINA_END2END_URL,
    browserName: "chromium",
    locale: "en-GB",
    timezoneId: "Europe/Rome",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: { executablePath: chromiumPath(), args: chromiumArguments },
  },
});
