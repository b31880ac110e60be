import { demo, expect, expectAccessibleLightAndDark, signIn, test } from "./support.ts";

const device = (index: number) => demo().devices.filter((device) => device.org === "demo")[index]!;

/** Posts a reading as the device. */
async function post(request: import("@playwright/test").APIRequestContext, index: number, reading: object): Promise<void> {
  const { serialNumber, apiKey } = device(index);
  const answer = await request.post(`/api/v1/readings/devices/${serialNumber}/readings`, {
    headers: { "x-device-key": apiKey },
    data: reading,
  });
  expect(answer.status()).toBe(201);
}

test("a cell's page shows its chart over a day, a week and a month", async ({ page }) => {
  await signIn(page, "technician");
  for (const range of ["24h", "7d", "30d"]) {
    await page.goto(`/app/cold-chain/cells/${device(0).coldCellId}?range=${range}`);
    await expect(page.locator("svg[role=img], figure svg").first()).toBeVisible();
    await expectAccessibleLightAndDark(page);
  }
});

test("a warm freezer opens an alert before the technician's eyes, and he takes note of it", async ({ page }) => {
  await signIn(page, "technician");
  await page.goto("/app/alerts");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const cell = demo().devices.filter((device) => device.org === "demo").length - 1;
  const before = await page.locator("article").count();
  await post(page.request, cell, { temperature: 60, powerStatus: true, recordedAt: new Date().toISOString() });
  await expect(page.locator("article").filter({ hasText: "60" }).first()).toBeVisible();
  expect(await page.locator("article").count()).toBeGreaterThanOrEqual(before);
  const alert = page.locator("article").filter({ hasText: "60" }).first();
  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await expect(page.locator("article").filter({ hasText: "60" }).first()).toContainText("acknowledged by");
  await post(page.request, cell, { temperature: -20, powerStatus: true, recordedAt: new Date().toISOString() });
});

test("an alert has a page that says what happened to it", async ({ page }) => {
  await signIn(page, "technician");
  const cell = demo().devices.filter((device) => device.org === "demo").length - 2;
  await post(page.request, cell, { temperature: 55, powerStatus: true, recordedAt: new Date().toISOString() });
  await page.goto("/app/alerts");
  const item = page.locator("article").filter({ hasText: "55" }).first();
  await item.getByRole("link", { name: /^More about/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: /^Too warm: / })).toBeVisible();
  await expect(page.getByText("Opened", { exact: true }).last()).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await expect(page.locator(".timeline").getByText("Acknowledged")).toBeVisible();
  await page.locator("summary", { hasText: "Close by hand" }).click();
  await page.getByLabel(/^What was done/).fill("Door closed");
  await page.getByRole("button", { name: "Close the alert" }).click();
  await expect(page.locator(".timeline").getByText("Closed by hand")).toBeVisible();
  await expect(page.locator(".timeline").getByText("Door closed")).toBeVisible();
  await post(page.request, cell, { temperature: -20, powerStatus: true, recordedAt: new Date().toISOString() });
});

test("a cell goes into maintenance and comes out of it", async ({ page }) => {
  await signIn(page, "technician");
  await page.goto(`/app/cold-chain/cells/${device(1).coldCellId}`);
  await page.locator("summary", { hasText: "Maintenance" }).click();
  await page.getByLabel("No alerts for").selectOption({ label: "4 hours" });
  await page.getByLabel("What is done").fill("Defrosting");
  await page.getByRole("button", { name: "Start maintenance" }).click();
  await expect(page.getByText(/^Maintenance until /).first()).toBeVisible();
  await expect(page.getByText("Defrosting").first()).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "End maintenance" }).click();
  await expect(page.getByText("Maintenance ended")).toBeVisible();
  await expect(page.locator("summary", { hasText: "Maintenance" })).toBeVisible();
});

test("notices about a cell are muted for a while, and sent again", async ({ page }) => {
  await signIn(page, "technician");
  await page.goto(`/app/cold-chain/cells/${device(1).coldCellId}`);
  await page.locator("summary", { hasText: "Mute notices" }).click();
  await page.getByLabel("Tell nobody for").selectOption({ label: "4 hours" });
  await page.getByLabel("Why").fill("Inventory");
  await page.getByRole("button", { name: "Mute notices" }).click();
  await expect(page.getByText(/^Notices muted until /).first()).toBeVisible();
  await expect(page.getByText(/: Inventory$/).first()).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("button", { name: "Send them again" }).click();
  await expect(page.locator("summary", { hasText: "Mute notices" })).toBeVisible();
});

test.describe("who is told of alerts", () => {
  // The first form is refused on purpose.
  test.use({ allowedProblems: [/status of 400 .*cold-chain\/policy/] });

  test("is said level by level, and nothing typed is lost", async ({ page }) => {
    // In the second organisation, so that no other story notices.
    await signIn(page, "admin", "demo-2");
    await page.goto("/app/cold-chain");
    await page.getByRole("navigation", { name: "Cold chain" }).getByRole("link", { name: "Who is told" }).click();
    await expect(page.getByText("After 60 minutes without a reaction")).toBeVisible();
    await expectAccessibleLightAndDark(page);
    await page.getByLabel("Minutes after the opening").fill("20");
    await page.locator("summary", { hasText: "Add a level" }).click();
    const added = page.locator("section").filter({ hasText: "Add a level" });
    await added.getByLabel("Minutes after the level before").fill("45");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(added.getByText("This must name a role or a member.")).toBeVisible();
    await expect(page.getByLabel("Minutes after the opening")).toHaveValue("20");
    await expectAccessibleLightAndDark(page);
    await added.getByLabel("Technician").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(page.getByText("After another 45 minutes: everybody with the role “Technician”.")).toBeVisible();
    await page.getByLabel("Remove level 3").check();
    await page.getByLabel("Minutes after the opening").fill("60");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("After another 45 minutes")).toBeHidden();
    await expect(page.getByText("After 60 minutes without a reaction")).toBeVisible();
  });
});

test.describe("many devices at once", () => {
  // The first table is refused on purpose.
  test.use({ allowedProblems: [/status of 400 .*devices\/add/] });

  test("devices are made from a table, and each has a page that says how to set it up", async ({ page }) => {
    await signIn(page, "admin");
    await page.goto("/app/cold-chain");
    await page.getByRole("navigation", { name: "Cold chain" }).getByRole("link", { name: "Devices" }).click();
    await expect(page.getByRole("table", { name: "Devices" })).toBeVisible();
    await expectAccessibleLightAndDark(page);

    await page.getByRole("link", { name: "Add devices" }).click();
    const serial = `E2E-${Date.now()}`;
    const head = "serialNumber,coldCell,name";
    await page.getByLabel("Table").fill(`${head}\n${serial},${device(0).coldCellId},New\n${serial},nowhere,\n`);
    await page.getByRole("button", { name: "Make the devices" }).click();
    await expect(page.getByText("This repeats the serialNumber of line 2.")).toBeVisible();
    await expectAccessibleLightAndDark(page);

    await page.getByLabel("Or a file").setInputFiles({
      name: "devices.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(`${head}\n${serial},${device(0).coldCellId},New\n`),
    });
    await page.getByRole("button", { name: "Make the devices" }).click();
    await expect(page.getByText("1 device is made")).toBeVisible();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Keep as a file" }).click();
    expect((await download).suggestedFilename()).toBe("device-keys.csv");
    await page.getByRole("button", { name: "Copy all" }).click();
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    await page.reload();
    await expect(page.getByText("1 device is made")).toBeVisible();
    await expect(page.getByRole("cell", { name: serial })).toHaveCount(1);
    await expectAccessibleLightAndDark(page);

    await page.goto(`/app/cold-chain/cells/${device(0).coldCellId}`);
    await page.getByRole("link", { name: serial }).click();
    await expect(page.getByLabel("Try it from a terminal")).toHaveValue(new RegExp(`${serial}.*DEVICE-KEY`));
    await page.locator("summary", { hasText: "A new key" }).click();
    await page.getByRole("button", { name: "Make a new key" }).click();
    const key = await page.getByLabel("Key", { exact: true }).inputValue();
    await expect(page.getByLabel("Try it from a terminal")).toHaveValue(new RegExp(`x-device-key: ${key}`));
    await expectAccessibleLightAndDark(page);
  });
});

test("a chart is read out by keyboard and by pointer", async ({ page }) => {
  await signIn(page, "technician");
  await page.goto(`/app/cold-chain/cells/${device(0).coldCellId}`);
  const slider = page.getByRole("slider", { name: "Look at one moment" });
  const words = page.locator(".readout output");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(words).toContainText("°C");
  const before = await words.textContent();
  await page.keyboard.press("ArrowLeft");
  await expect(words).not.toHaveText(before!);
  await page.locator(".chart .surface").hover({ position: { x: 20, y: 40 } });
  await expect(page.locator(".chart .cursor")).toBeVisible();
  await expect(words).toContainText("°C");
  await expectAccessibleLightAndDark(page);
});

test("a place with a cell is set up, and found again by its customer", async ({ page }) => {
  await signIn(page, "admin");
  await page.goto("/app/cold-chain");
  await page.getByRole("link", { name: "Add a cell" }).click();
  await expectAccessibleLightAndDark(page);
  const name = `Molo ${Date.now()}`;
  const place = page.locator("form").filter({ hasText: "Make the place" });
  await place.getByLabel("Name", { exact: true }).fill(name);
  await place.getByLabel(/^Customer's phone/).fill(`+39 333 ${Date.now() % 10_000_000}`);
  await place.getByLabel(/^Customer's name/).fill(`Pescheria ${name}`);
  await place.getByRole("button", { name: "Make the place" }).click();
  const cell = page.locator("form").filter({ hasText: "Make the cell" });
  await expect(cell.getByLabel("Place", { exact: true }).locator("option:checked")).toHaveText(new RegExp(`^${name} · `));
  await cell.getByLabel("Name", { exact: true }).fill("Tonno");
  await cell.getByRole("button", { name: "Make the cell" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Tonno" })).toBeVisible();
  await page.goto("/app/cold-chain");
  await page.getByRole("navigation", { name: "Cold chain" }).getByRole("link", { name: "Customers" }).click();
  await expect(page.getByRole("table", { name: /^Customers/ })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("link", { name: `Pescheria ${name}` }).click();
  await expect(page.getByRole("link", { name: "Tonno" })).toBeVisible();
  await page.getByLabel("Search").fill("no such words");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await page.getByRole("link", { name: "Show all cells" }).click();
  await expect(page.getByRole("table", { name: "Cold cells" })).toBeVisible();
});

test.describe("the fleet changed by page", () => {
  // The first form is refused on purpose.
  test.use({ allowedProblems: [/status of 400 .*\/edit/] });

  test("a cell, its place and a device are changed, and nothing typed is lost", async ({ page }) => {
    // In the second organisation, so that no other story notices.
    await signIn(page, "admin", "demo-2");
    await page.goto("/app/cold-chain");
    await page.getByRole("table", { name: "Cold cells" }).locator("td.head a").first().click();
    await page.getByRole("link", { name: "Change this cell" }).click();
    await expectAccessibleLightAndDark(page);
    const name = await page.getByLabel("Name", { exact: true }).inputValue();
    const highest = await page.getByLabel(/^Highest/).inputValue();
    await page.getByLabel("Name", { exact: true }).fill(`${name} bis`);
    await page.getByLabel(/^Highest/).fill("warm");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("This must be a number.")).toBeVisible();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(`${name} bis`);
    await expectAccessibleLightAndDark(page);
    await page.getByLabel(/^Highest/).fill(highest);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1, name: `${name} bis` })).toBeVisible();

    await page.locator(".page-head").getByRole("link").first().click();
    await expect(page.getByRole("heading", { level: 2, name: "Cells" })).toBeVisible();
    await expectAccessibleLightAndDark(page);
    await page.locator("summary", { hasText: "Change this place" }).click();
    await page.getByLabel(/^Address/).fill("Via Roma 1");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator(".facts").getByText("Via Roma 1")).toBeVisible();
    await page.getByRole("link", { name: `${name} bis` }).click();

    await page.getByRole("table", { name: "Devices" }).locator("td.head a").first().click();
    await page.locator("summary", { hasText: "Change this device" }).click();
    await page.getByLabel(/^Name/).fill("By the door");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator(".facts").getByText("By the door")).toBeVisible();
    await expectAccessibleLightAndDark(page);
  });
});

test("one device is added on its cell's page, and its key is shown this once", async ({ page }) => {
  await signIn(page, "admin", "demo-2");
  await page.goto("/app/cold-chain");
  await page.getByRole("table", { name: "Cold cells" }).locator("td.head a").first().click();
  await page.locator("summary", { hasText: "Add a device" }).click();
  const serial = `ONE-${Date.now()}`;
  await page.getByLabel("Serial number").fill(serial);
  await page.getByRole("button", { name: "Add the device" }).click();
  await expect(page.getByText(`${serial} is made`)).toBeVisible();
  const key = await page.getByLabel("Key", { exact: true }).inputValue();
  await expect(page.getByLabel("Try it from a terminal")).toHaveValue(new RegExp(`${serial}.*x-device-key: ${key}`));
  await expectAccessibleLightAndDark(page);

  await page.goto("/app/cold-chain/devices");
  await page.getByLabel("Which devices").selectOption({ label: "Never heard of" });
  await expect(page).toHaveURL(/status=never_seen/);
  await expect(page.getByRole("link", { name: serial })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("link", { name: serial }).click();
  await expect(page.getByText("Put the key in place of DEVICE-KEY.")).toBeVisible();
});

test("past alerts stand on their cell's page, and all of them in the list", async ({ page }) => {
  await signIn(page, "technician");
  const over = await (await page.request.get("/api/v1/alerts?status=RESOLVED&limit=1")).json();
  await page.goto(`/app/cold-chain/cells/${over.data[0].coldCellId}`);
  await expect(page.getByRole("table", { name: "Past alerts" })).toBeVisible();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("link", { name: "All alerts of this cell" }).click();
  await expect(page.getByRole("link", { name: "Show the alerts of all cells" })).toBeVisible();
  await expect(page.locator("article").first()).toBeVisible();
  await expectAccessibleLightAndDark(page);
});

test("the inspector's report is handed out on paper and as a table", async ({ page }) => {
  await signIn(page, "technician");
  await page.goto(`/app/cold-chain/cells/${device(1).coldCellId}`);
  for (const [button, ending] of [
    ["On paper (PDF)", "pdf"],
    ["As a table (CSV)", "csv"],
  ]) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: button }).click();
    expect((await download).suggestedFilename()).toMatch(new RegExp(`^haccp-\\d{4}-\\d{2}-.*\\.${ending}$`));
  }
});

test("the wall display shows every cell, and passes axe", async ({ page }) => {
  await signIn(page, "technician");
  await page.goto("/app/cold-chain/wall");
  await expect(page.locator(".wall h1")).toBeVisible();
  expect(await page.locator(".wall .cells > li").count()).toBeGreaterThan(5);
  await expect(page.getByText("Not live.")).toBeHidden();
  await expectAccessibleLightAndDark(page);
  await page.getByRole("link", { name: "Leave the display" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Cold chain" })).toBeVisible();
});

test.describe("without the event stream", () => {
  test.use({ allowedProblems: [/\/live/] });

  test("the wall display says that it may be old", async ({ page }) => {
    await page.route("**/api/v1/live**", (route) => route.abort());
    await signIn(page, "technician");
    await page.goto("/app/cold-chain/wall");
    await expect(page.getByText("Not live. What you see may be old.")).toBeVisible();
    await expectAccessibleLightAndDark(page);
  });
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false, allowedProblems: [/\/pkg\/.*: csp$/] });

  test("the wall display loads itself anew, and says that it is not live", async ({ page }) => {
    await signIn(page, "technician");
    await page.goto("/app/cold-chain/wall");
    await page.waitForEvent("load", { timeout: 40_000 });
    expect(await page.locator(".wall .cells > li").count()).toBeGreaterThan(5);
    await expect(page.getByText("Not live. What you see may be old.")).toBeVisible();
  });
});

test("the wall display notices a stream that hangs, and one that is back", async ({ page }) => {
  // As if the server, or the way to it, were gone without a word: no connection is closed, and nothing comes any more.
  await page.addInitScript(() => {
    const listen = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (this: EventSource, name: string, act: (event: Event) => void) {
      listen.call(this, name, (event: Event) => {
        if (!("hanging" in window)) act(event);
      });
    } as typeof listen;
  });
  await signIn(page, "technician");
  await page.goto("/app/cold-chain/wall");
  await expect(page.locator(".wall:not(.stale) h1")).toBeVisible();
  await page.evaluate(() => Object.assign(window, { hanging: true }));
  const note = page.getByText("Not live. What you see may be old.");
  await expect(note).toBeVisible({ timeout: 30_000 });
  await page.evaluate(() => Reflect.deleteProperty(window, "hanging"));
  await expect(note).toBeHidden({ timeout: 30_000 });
  await expect(page.locator(".wall:not(.stale) h1")).toBeVisible();
});
