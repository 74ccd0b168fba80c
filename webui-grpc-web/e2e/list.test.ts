import type { Page } from "playwright-core";
import { Cluster } from "./cluster";
import { afterAll, beforeAll, describe, expect, test } from "./test";

/** The descriptions that a list shows, from its top. */
async function shown(page: Page): Promise<string[]> {
  const rows = page.getByRole("table", { name: "Commands" }).locator("tbody tr[data-key]");
  return rows.evaluateAll((rows) => rows.map((row) => row.querySelector("td:nth-child(4)")?.textContent ?? ""));
}

const row = (page: Page, id: number) => page.locator(`tr[data-key="${id}"]`);
const mine = (page: Page) => page.getByLabel("Show only mine");

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
  await cluster.members("ada", "grace", "nobody");
});
afterAll(() => cluster.stop());

describe("whose, which and in what order", () => {
  beforeAll(async () => {
    for (const [owner, description, ...argv] of [
      ["ada", "b: train", "true"],
      ["ada", "a: evaluate", "true"],
      ["grace", "c: train", "false"],
      ["ada", "d: wait", "sleep", "1000"],
    ] as const) {
      const id = await cluster.run(owner, "--description", description, "--slots", "0", "--", ...argv);
      await cluster.waitFor(id, argv[0] === "sleep" ? "RUNNING" : argv[0] === "false" ? "FAILED" : "COMPLETED");
    }
  });

  test("at first one sees one's own; unchecked, everybody's", async ({ open }) => {
    const page = await open(cluster, "/commands", { as: "ada" });
    await expect.poll(() => shown(page)).toEqual(["d: wait", "a: evaluate", "b: train"]);
    expect(await mine(page).isChecked()).toBe(true);
    await mine(page).uncheck();
    await expect.poll(() => shown(page)).toEqual(["d: wait", "c: train", "a: evaluate", "b: train"]);
    expect(page.url()).toBe(`${cluster.url}/commands?owner=all`);
    await mine(page).check();
    await expect.poll(() => shown(page)).toEqual(["d: wait", "a: evaluate", "b: train"]);
    expect(page.url()).toBe(`${cluster.url}/commands`);
  });

  test("the address has states, text and order, and shows the same again", async ({ open }) => {
    const page = await open(cluster, "/commands?owner=all", { as: "ada" });
    await page.getByRole("button", { name: "Completed" }).click();
    await page.getByRole("button", { name: "Failed" }).click();
    await expect.poll(() => shown(page)).toEqual(["c: train", "a: evaluate", "b: train"]);
    await page.getByLabel("Filter by description").fill("TRAIN");
    await expect.poll(() => shown(page)).toEqual(["c: train", "b: train"]);
    await page.getByRole("button", { name: "Description" }).click();
    await expect.poll(() => shown(page)).toEqual(["b: train", "c: train"]);
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({
      owner: "all",
      state: "completed,failed",
      q: "TRAIN",
      sort: "description",
    });

    await page.reload();
    await expect.poll(() => shown(page)).toEqual(["b: train", "c: train"]);
    expect(await mine(page).isChecked()).toBe(false);
    expect(await page.getByLabel("Filter by description").inputValue()).toBe("TRAIN");
    expect(await page.getByRole("button", { name: "Failed" }).getAttribute("aria-pressed")).toBe("true");
    await page.getByRole("button", { name: "Description" }).click();
    await expect.poll(() => shown(page)).toEqual(["c: train", "b: train"]);
  });

  test("a copied link shows a colleague the same", async ({ open }) => {
    const options = { permissions: ["clipboard-read", "clipboard-write"] };
    const page = await open(cluster, "/commands?state=completed&sort=oldest", { as: "ada", options });
    await expect.poll(() => shown(page)).toEqual(["b: train", "a: evaluate"]);
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("The link to this list is copied").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await open(cluster, link, { as: "grace" });
    await expect.poll(() => shown(other)).toEqual(["b: train", "a: evaluate"]);
    expect(await mine(other).isChecked()).toBe(false);
    expect(await other.getByLabel("Owner").inputValue()).toBe("ada");
  });

  test("where there is nothing, the page says what to type", async ({ open }) => {
    const page = await open(cluster, "/commands", { as: "nobody" });
    await page.getByRole("heading", { name: "You have run no commands" }).waitFor();
    await page.getByText("pedl command run -- echo hello").waitFor();
    await page.goto("/commands?q=nothing+like+it");
    await page.getByText("No commands match this filter").waitFor();
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.getByRole("heading", { name: "You have run no commands" }).waitFor();
    for (const [path, line] of [
      ["experiments", "pedl experiment list -a"],
      ["notebooks", "pedl notebook list -a"],
      ["tensorboards", "pedl tensorboard list -a"],
    ] as const) {
      await page.goto(`/${path}`);
      await page.getByText(line).waitFor();
    }
  });

  test("keys walk, select and open", async ({ open }) => {
    const page = await open(cluster, "/commands", { as: "ada" });
    await expect.poll(() => shown(page)).toEqual(["d: wait", "a: evaluate", "b: train"]);
    await page.keyboard.press("j");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("x");
    await page.getByText("1 selected").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("1 selected").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.keyboard.type("eval");
    await expect.poll(() => shown(page)).toEqual(["a: evaluate"]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect.poll(() => shown(page)).toEqual(["d: wait", "a: evaluate", "b: train"]);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "b: train" }).waitFor();
  });
});

describe("as it happens", () => {
  test("rows come and change by themselves", async ({ open }) => {
    const page = await open(cluster, "/commands?owner=all&q=live", { as: "ada" });
    await page.getByText("No commands match this filter").waitFor();
    await page.evaluate(() => Object.assign(window, { loadedOnce: true }));
    const id = await cluster.run("grace", "--description", "live one", "--", "sleep", "1000");
    await expect.poll(() => row(page, id).textContent()).toContain("Running");
    await cluster.ok("-u", "grace", "command", "kill", String(id));
    await expect.poll(() => row(page, id).textContent()).toMatch(/Killed.*killed by grace/);
    expect(await page.evaluate(() => "loadedOnce" in window)).toBe(true);
  });

  test("nothing moves under the pointer", async ({ open }) => {
    const first = await cluster.run("ada", "--description", "still 1", "--", "sleep", "1000");
    const page = await open(cluster, "/commands?q=still", { as: "ada" });
    await row(page, first).hover();
    const before = await row(page, first).boundingBox();
    const second = await cluster.run("ada", "--description", "still 2", "--", "sleep", "1000");
    const news = page.getByRole("button", { name: "1 new" });
    await news.waitFor();
    // What changes in place, does.
    await expect.poll(() => row(page, first).textContent()).toContain("Running");
    expect(await row(page, first).boundingBox()).toEqual(before);
    await news.click();
    await row(page, second).waitFor();
    await cluster.ok("-u", "ada", "command", "kill", String(first), String(second));
  });
});

describe("killing", () => {
  test("asks, naming it", async ({ open }) => {
    const id = await cluster.run("ada", "--description", "kill me", "--", "sleep", "1000");
    await cluster.waitFor(id, "RUNNING");
    const page = await open(cluster, "/commands?q=kill+me", { as: "ada" });
    await row(page, id).hover();
    await page.getByRole("button", { name: `Kill command ${id}` }).click();
    const question = page.getByRole("dialog", { name: `Kill command ${id}?` });
    expect(await question.textContent()).toContain("kill me");
    await question.getByRole("button", { name: "Cancel" }).click();
    await question.waitFor({ state: "detached" });
    expect((await cluster.describe(id)).state).toBe("RUNNING");

    await row(page, id).hover();
    await page.getByRole("button", { name: `Kill command ${id}` }).click();
    await question.getByRole("button", { name: "Kill it" }).click();
    await page.getByText(`Command ${id} is being killed`).waitFor();
    await cluster.waitFor(id, "KILLED");
    await expect.poll(() => row(page, id).textContent()).toContain("Killed");
  });

  test("many at once, all named", async ({ open }) => {
    const ids = [];
    for (const name of ["one", "two"]) {
      ids.push(await cluster.run("ada", "--description", `many ${name}`, "--", "sleep", "1000"));
    }
    const ended = await cluster.run("ada", "--description", "many ended", "--", "true");
    await cluster.waitFor(ended, "COMPLETED");
    const page = await open(cluster, "/commands?q=many", { as: "ada" });
    for (const id of [...ids, ended]) await page.getByLabel(`Select command ${id}`).check();
    await page.getByText("3 selected").waitFor();
    await page.getByRole("button", { name: "Kill 2 of them…" }).click();
    const question = page.getByRole("dialog", { name: "Kill 2 commands?" });
    expect(await question.textContent()).toMatch(/many two.*many one|many one.*many two/);
    await question.getByText("One of the selected has ended or belongs to somebody else").waitFor();
    await question.getByRole("button", { name: "Kill 2" }).click();
    for (const id of ids) await cluster.waitFor(id, "KILLED");
    await page.getByText("3 selected").waitFor({ state: "detached" });
  });

  test("another's is refused", async ({ open }) => {
    const id = await cluster.run("ada", "--description", "hands off", "--", "sleep", "1000");
    await cluster.waitFor(id, "RUNNING");
    const page = await open(cluster, "/commands?owner=all&q=hands", { as: "grace" });
    await row(page, id).hover();
    const kill = page.getByRole("button", { name: `Kill command ${id}` });
    expect(await kill.getAttribute("aria-disabled")).toBe("true");
    await kill.click({ force: true });
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.getByLabel(`Select command ${id}`).check();
    expect(await page.getByRole("button", { name: "Kill…" }).isDisabled()).toBe(true);

    const { assets } = await cluster.as("grace");
    await expect(assets.killAsset({ id: BigInt(id) })).rejects.toThrow(/permission_denied/);
    const boss = await open(cluster, "/commands?owner=all&q=hands", { as: "admin" });
    await row(boss, id).hover();
    await boss.getByRole("button", { name: `Kill command ${id}` }).click();
    await boss.getByRole("button", { name: "Kill it" }).click();
    await cluster.waitFor(id, "KILLED");
  });
});
