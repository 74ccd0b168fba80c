import { Cluster } from "./cluster";
import { afterAll, beforeAll, expect, test } from "./test";

const COMMANDS = 3000;

let cluster: Cluster;

beforeAll(async () => {
  // Without an agent all stay queued.
  cluster = await Cluster.start({ agents: [] });
  await cluster.members("ada");
  const { assets } = await cluster.as("ada");
  const spec = { case: "command" as const, value: { argv: ["true"] } };
  let next = 1;
  const create = async () => {
    while (next <= COMMANDS) await assets.createAsset({ description: `number ${next++}`, spec });
  };
  await Promise.all(Array.from({ length: 16 }, create));
});
afterAll(() => cluster.stop());

test("one scrolls to the last of thousands, and few of them are in the page", { timeout: 180_000 }, async ({
  open,
}) => {
  const page = await open(cluster, "/commands", { as: "ada" });
  const rows = page.locator("tbody tr[data-key]");
  await rows.first().hover();
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, 50_000);
        return page.locator('tr[data-key="1"]').isVisible();
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  expect(await rows.count()).toBeLessThan(100);

  // All are there, each once.
  const scroller = page.getByRole("table", { name: "Commands" }).locator("xpath=..");
  const seen = new Set<string>();
  await expect
    .poll(
      async () => {
        for (const key of await rows.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key") ?? "")))
          seen.add(key);
        return scroller.evaluate((box) => {
          box.scrollTop -= box.clientHeight;
          return box.scrollTop;
        });
      },
      { timeout: 60_000, interval: 5 },
    )
    .toBe(0);
  await expect.poll(() => page.locator(`tr[data-key="${COMMANDS}"]`).isVisible()).toBe(true);
  for (const key of await rows.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key") ?? "")))
    seen.add(key);
  expect(seen.size).toBe(COMMANDS);
});

test("what comes does not move what one reads", async ({ open }) => {
  const page = await open(cluster, "/commands", { as: "ada" });
  const scroller = page.getByRole("table", { name: "Commands" }).locator("xpath=..");
  await page.locator("tbody tr[data-key]").first().waitFor();
  await scroller.evaluate((box) => {
    box.scrollTop = 36 * 40;
  });
  const watched = page.locator(`tr[data-key="${COMMANDS - 45}"]`);
  await watched.waitFor();
  const before = await watched.boundingBox();
  for (const name of ["x", "y"]) await cluster.run("ada", "--description", `new ${name}`, "--", "true");
  await page.getByRole("button", { name: "2 new" }).waitFor();
  expect(await watched.boundingBox()).toEqual(before);
  await page.getByRole("button", { name: "2 new" }).click();
  await page.getByText("new y").waitFor();
});
