import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { Cluster } from "./cluster";
import { eventually } from "./eventually";
import { afterAll, beforeAll, describe, expect, shared, test } from "./test";

beforeAll(() => shared.members("log-ada"));

const log = (page: Page) => page.getByRole("log");
const line = (page: Page, number: number) => log(page).locator(`[data-line="${number - 1}"]`);
const text = (page: Page, number: number) => line(page, number).locator("[data-text]");
const footer = (page: Page, words: string | RegExp) => page.getByText(words).last();

/** Runs a shell script to its end, and answers the number of its command. */
async function ran(script: string): Promise<number> {
  const id = await shared.run("log-ada", "--slots", "0", "--", "sh", "-c", script);
  await eventually(`${id} to end`, async () => (await shared.describe(id)).ended_at);
  return id;
}

/** How far a log is from its end, in pixels. */
const fromEnd = (page: Page) => log(page).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

async function download(page: Page): Promise<Buffer> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  return readFile(await saved.path());
}

describe("how lines look", () => {
  test("colours are colours, and standard error has a mark", async ({ open }) => {
    const id = await ran("printf '\\033[1;31mred\\033[0m plain\\n'; echo oops >&2; printf '10%%\\r50%%\\r100%%\\n'");
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await footer(page, "3 lines").waitFor();
    const lines = await log(page).locator("[data-text]").allTextContents();
    expect(lines.toSorted()).toEqual(["100%", "oops", "red plain"]);
    const red = log(page).getByText("red", { exact: true });
    expect(await red.evaluate((element) => getComputedStyle(element).color)).not.toBe(
      await log(page)
        .getByText("oops")
        .evaluate((element) => getComputedStyle(element).color),
    );
    expect(Number(await red.evaluate((element) => getComputedStyle(element).fontWeight))).toBeGreaterThan(500);
    const error = log(page).locator("[data-line]").filter({ hasText: "oops" });
    expect(await error.textContent()).toContain("Standard error: ");
  });

  test("times are shown where they are wanted", async ({ open }) => {
    const id = await ran("echo when");
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await footer(page, "1 line").waitFor();
    expect(await line(page, 1).textContent()).not.toMatch(/\d\d:\d\d:\d\d/);
    await page.getByRole("button", { name: "Times" }).click();
    await expect.poll(() => line(page, 1).textContent()).toMatch(/\d\d:\d\d:\d\d\.\d{3}/);
  });

  test("a line has an address, and so have several", async ({ open }) => {
    const id = await ran("seq 1 20000");
    const page = await open(shared, `/commands/${id}#L7000-L7002`, { as: "log-ada" });
    await expect.poll(() => text(page, 7001).textContent()).toBe("7001");
    await page.getByText("Lines 7,000–7,002").waitFor();
    await page.getByRole("link", { name: "Line 7004", exact: true }).click();
    await expect.poll(() => page.url()).toMatch(/#L7004$/);
    await page.getByText("Line 7,004", { exact: true }).waitFor();
  });
});

describe("a long log", () => {
  let id: number;
  beforeAll(async () => {
    id = await ran("seq 1 30000; printf 'the \\033[32mnee'; printf 'dle\\033[0m is here\\n'; seq 30001 60000");
  });

  test("opens at its end, and every part can be reached", async ({ open }) => {
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await text(page, 60_001).waitFor();
    expect(await fromEnd(page)).toBeLessThanOrEqual(1);
    expect(await log(page).locator("[data-line]").count()).toBeLessThan(300);
    await log(page).focus();
    await page.keyboard.press("Home");
    await expect.poll(() => text(page, 1).textContent()).toBe("1");
    await log(page).evaluate((box) => {
      box.scrollTop = box.scrollHeight / 4;
    });
    await expect
      .poll(() => log(page).locator("[data-line] [data-text]").allTextContents())
      .toSatisfy(
        (lines: string[]) => lines.length > 10 && lines.every((text, i) => Number(text) === Number(lines[0]) + i),
      );
    await page.keyboard.press("End");
    await text(page, 60_001).waitFor();
  });

  test("is searched to where nothing was loaded, through colours", async ({ open }) => {
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await text(page, 60_001).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("NEEDLE is");
    await page.getByRole("search").getByText(/^1$/).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("search").getByText("1 of 1").waitFor();
    await expect.poll(() => line(page, 30_001).isVisible()).toBe(true);
    expect((await line(page, 30_001).locator("mark").allTextContents()).join("")).toBe("needle is");
    await page.getByLabel("Search the log").fill("nowhere to be found");
    await page.getByRole("search").getByText("None").waitFor();
  });
});

describe("a download", () => {
  test("has the bytes as they were written", async ({ open }) => {
    const id = await ran(
      "printf 'caf\\303\\251 \\033[31mred\\033[0m\\r\\n\\000<b>\\n'; printf 'no newline at the end'",
    );
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await footer(page, "3 lines").waitFor();
    const wanted = Buffer.from("caf\u00c3\u00a9 \u001b[31mred\u001b[0m\r\n\u0000<b>\nno newline at the end", "latin1");
    expect(await download(page)).toEqual(wanted);
  });

  test("of a long log has all of it", async ({ open }) => {
    const id = await ran("seq 1 200000");
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await text(page, 200_000).waitFor();
    const wanted = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join("");
    expect((await download(page)).toString() === wanted).toBe(true);
  });
});

describe("a log that grows", () => {
  test("is followed to its end, until one scrolls up", async ({ open }) => {
    const id = await shared.run(
      "log-ada",
      "--",
      "sh",
      "-c",
      "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done",
    );
    const page = await open(shared, `/commands/${id}`, { as: "log-ada" });
    await footer(page, "Live").waitFor();
    await expect.poll(() => log(page).locator("[data-line]").count()).toBeGreaterThan(30);
    const last = () => log(page).locator("[data-text]").last().textContent();
    const before = await last();
    await expect.poll(last).not.toBe(before);
    expect(await fromEnd(page)).toBeLessThanOrEqual(40);

    await log(page).hover();
    await page.mouse.wheel(0, -200);
    const resume = page.getByRole("button", { name: /new lines?$/ });
    await resume.waitFor();
    const top = () => log(page).locator("[data-line]").first().getAttribute("data-line");
    const stays = await top();
    const seen = await resume.textContent();
    await expect.poll(() => resume.textContent()).not.toBe(seen);
    expect(await top()).toBe(stays);

    await resume.click();
    await resume.waitFor({ state: "detached" });
    expect(await fromEnd(page)).toBeLessThanOrEqual(40);
    await shared.ok("-u", "log-ada", "command", "kill", String(id));
    await footer(page, "Ended").waitFor();
  });
});

describe("where the master is killed", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  test("no line is lost or doubled, and nothing is reloaded", async ({ open, faults }) => {
    faults.expect(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/);
    const script = "i=0; while [ $i -lt 250 ]; do i=$((i+1)); echo line $i; sleep 0.06; done";
    const id = await cluster.run("admin", "--", "sh", "-c", script);
    await cluster.waitFor(id, "RUNNING");
    const page = await open(cluster, `/commands/${id}`, { as: "admin" });
    await log(page).locator("[data-text]").first().waitFor();
    await page.evaluate(() => Object.assign(window, { loadedOnce: true }));
    await cluster.killMaster();
    await page.getByText("The master is not answering. Trying again…").waitFor();
    await footer(page, "Reconnecting…").waitFor();
    await cluster.startMaster();
    await page.getByText("The master is not answering.").waitFor({ state: "detached" });
    await footer(page, "Ended").waitFor();
    await footer(page, "250 lines").waitFor();
    await expect.poll(() => text(page, 250).textContent()).toBe("line 250");

    const seen = new Map<number, string>();
    await log(page).focus();
    await page.keyboard.press("Home");
    await expect.poll(() => text(page, 1).textContent()).toBe("line 1");
    await expect
      .poll(async () => {
        const lines = await log(page)
          .locator("[data-line]")
          .evaluateAll((rows) =>
            rows.map(
              (row) => [Number(row.getAttribute("data-line")), row.querySelector("[data-text]")?.textContent] as const,
            ),
          );
        for (const [number, text] of lines) if (text) seen.set(number + 1, text);
        // On, once what is there has been read: what is passed over does not come again.
        if (lines.every(([, text]) => text)) {
          await log(page).evaluate((box) => {
            box.scrollTop += box.clientHeight / 2;
          });
        }
        return seen.size;
      })
      .toBe(250);
    for (const [number, text] of seen) expect(text).toBe(`line ${number}`);
    expect((await download(page)).toString()).toBe(Array.from({ length: 250 }, (_, i) => `line ${i + 1}\n`).join(""));
    expect(await page.evaluate(() => "loadedOnce" in window)).toBe(true);
    await expect.poll(() => page.getByRole("main").textContent()).toContain("Completed");
  });

  test("a list says so, and goes on when it is back", async ({ open, faults }) => {
    faults.expect(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/);
    const page = await open(cluster, "/commands?owner=all", { as: "admin" });
    await page.getByRole("table", { name: "Commands" }).locator("tbody tr[data-key]").first().waitFor();
    await page.evaluate(() => Object.assign(window, { loadedOnce: true }));
    await cluster.killMaster();
    await page.getByText("The master is not answering. Trying again…").waitFor();
    await cluster.startMaster();
    await page.getByText("The master is not answering.").waitFor({ state: "detached" });
    const id = await cluster.run("admin", "--description", "after the storm", "--", "true");
    await expect.poll(() => page.locator(`tr[data-key="${id}"]`).textContent()).toContain("Completed");
    expect(await page.evaluate(() => "loadedOnce" in window)).toBe(true);
  });
});
