import { demo, expect, expectAccessible, expectAccessibleLightAndDark, test } from "./support.ts";
import { photo } from "./pictures.ts";

/** Fills what the check-in needs and sends it. */
async function checkIn(page: import("@playwright/test").Page, plate: string): Promise<void> {
  await page.goto("/check-in");
  await page.locator("[name=customerName]").fill("Anna Verdi");
  await page.locator("[name=customerPhone]").fill("+39 333 1112223");
  await page.locator("[name=vehiclePlate]").fill(plate);
  await page.locator("[name=repairType][value=cosmetic]").check();
  await page.locator("input[type=file][name=front]").setInputFiles({ name: "front.png", mimeType: "image/png", buffer: photo() });
  await page.locator("main button[type=submit], button.btn-primary[type=submit]").last().click();
  await page.waitForURL(/\/check-in\/done/);
}

for (const script of [true, false]) {
  test.describe(script ? "with script" : "without script", () => {
    test.use({ javaScriptEnabled: script });

    test("a customer checks in with a photo and follows the car with the code", async ({ page }) => {
      await checkIn(page, script ? "PW100AA" : "PW200AA");
      const code = (await page.locator("[data-code]").textContent())!.trim();
      expect(code).toMatch(/^[A-HJ-NP-Z2-9]{6}$/);

      await page.goto("/track");
      await page.locator("[name=code]").fill(` ${code.slice(0, 3).toLowerCase()}-${code.slice(3)} `);
      await page.locator("[name=code]").press("Enter");
      await expect(page.locator("main, body").first()).toContainText("Anna");
      await expect(page.locator("body")).not.toContainText("Verdi");
      await expect(page.locator("body")).not.toContainText("1112223");
      expect(await page.locator(".gallery img").count()).toBe(0);

      await page.locator("[name=phone]").fill("2223");
      await page.locator("[name=phone]").press("Enter");
      await expect(page.locator(".gallery img")).toHaveCount(1);
    });

    test("a visitor asks to be called back", async ({ page }) => {
      await page.goto("/contact");
      await page.locator("[name=name]").fill("Bruno Blu");
      await page.locator("[name=phone]").fill("333 4445556");
      const type = page.locator("[name=leadType]");
      if (await type.first().evaluate((field) => field.tagName === "SELECT").catch(() => false)) {
        await type.selectOption("service");
      } else {
        await page.locator("[name=leadType][value=service]").check();
      }
      await page.locator("[name=message]").fill("</textarea><script>document.title='caught'</script>");
      await page.locator("[name=message]").press("Tab");
      await page.locator("form button[type=submit]").last().click();
      await page.waitForURL(/\/contact\/done/);
    });
  });
}

test.describe("what is refused", () => {
  test.use({ allowedProblems: [/status of 4(00|04|13|15)/] });

  test("a check-in with half a phone number keeps everything typed and says so beside the field", async ({ page }) => {
    await page.goto("/check-in");
    await page.locator("[name=customerName]").fill("Anna <b>Verdi</b>");
    await page.locator("[name=vehiclePlate]").fill("PW300AA");
    await page.locator("[name=repairType][value=collision]").check();
    await page.locator("[name=notes]").fill("</textarea><script>document.title='caught'</script>");
    // An empty field is named by the browser, before anything is sent.
    await page.locator("form button[type=submit]").last().click();
    await expect(page.locator("[name=customerPhone]")).toBeFocused();
    await page.locator("[name=customerPhone]").fill("12");
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await page.locator("form button[type=submit]").last().click();
    expect((await answer).status()).toBe(400);
    await expect(page.locator("#f-customerPhone-error")).toBeVisible();
    await expect(page.locator("[name=customerName]")).toHaveValue("Anna <b>Verdi</b>");
    await expect(page.locator("[name=notes]")).toHaveValue("</textarea><script>document.title='caught'</script>");
    await expect(page.locator("[name=repairType][value=collision]")).toBeChecked();
    expect(await page.title()).not.toBe("caught");
    await expectAccessible(page);
  });

  test("a photo that is none costs itself, and the page says so", async ({ page }) => {
    await page.goto("/check-in");
    await page.locator("[name=customerName]").fill("Anna");
    await page.locator("[name=customerPhone]").fill("333 7778889");
    await page.locator("[name=vehiclePlate]").fill("PW400AA");
    await page.locator("[name=repairType][value=collision]").check();
    const svg = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>");
    await page.locator("input[type=file][name=rear]").setInputFiles({ name: "rear.svg", mimeType: "image/svg+xml", buffer: svg });
    await page.locator("form button[type=submit]").last().click();
    await expect(page.locator("[data-code]")).toBeVisible();
    await expect(page.getByText("Rear: Only photos are taken")).toBeVisible();
    await expectAccessible(page);
  });

  test("a wrong code and a wrong proof look the same", async ({ page }) => {
    const missed = await page.goto("/track/ZZZZZZ");
    expect(missed?.status()).toBe(404);
    const missedText = await page.locator("h1").first().textContent();
    const known = demo().trackingCodes[0]!;
    await page.goto(`/track/${known.code}`);
    await page.locator("[name=phone]").fill(known.phoneLast4 === "0000" ? "1111" : "0000");
    await page.locator("[name=phone]").press("Enter");
    await page.waitForLoadState();
    expect(await page.locator("h1").first().textContent()).toBe(missedText);
  });
});

test("the pages speak Italian to an Italian browser", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL: baseURL!, locale: "it-IT" });
  const page = await context.newPage();
  await page.goto("/check-in");
  expect(await page.locator("html").getAttribute("lang")).toBe("it");
  await context.close();
});

test("public pages carry no script and pass axe, light and dark", async ({ page }) => {
  test.setTimeout(180_000);
  const code = demo().trackingCodes[0]!.code;
  const done = `/check-in/done?code=${code}&photos=2`;
  for (const path of ["/", "/check-in", done, "/track", `/track/${code}`, "/contact", "/contact/done", "/sign-in"]) {
    await page.goto(path);
    // The one script there is asks for a passkey, where people sign in.
    expect(await page.locator("script").count(), path).toBe(path === "/sign-in" ? 1 : 0);
    await expectAccessibleLightAndDark(page);
  }
});

test.describe("pages that say one thing", () => {
  // Guesses count per address: this one is nobody else's.
  test.use({
    extraHTTPHeaders: { "x-forwarded-for": "198.51.100.77" },
    allowedProblems: [/status of 4(04|29)/],
  });

  test("not here and too many tries are pages, and pass axe, light and dark", async ({ page }) => {
    expect((await page.goto("/no/such/page"))?.status()).toBe(404);
    await expect(page.locator("h1")).toHaveCount(1);
    await expectAccessibleLightAndDark(page);
    let answer = await page.goto("/track/ZZZZZZ");
    expect(answer?.status()).toBe(404);
    await expectAccessibleLightAndDark(page);
    for (let guess = 0; guess < 20 && answer?.status() === 404; guess++) answer = await page.goto(`/track/ZZZZZ${"ABCDEFGHJKLMNPQRSTUV"[guess]}`);
    expect(answer?.status()).toBe(429);
    expect(Number(answer?.headers()["retry-after"])).toBeGreaterThan(0);
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await expectAccessibleLightAndDark(page);
  });
});
