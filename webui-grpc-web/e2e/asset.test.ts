import { beforeAll, describe, expect, shared, test } from "./test";

beforeAll(async () => {
  await shared.members("asset-ada", "asset-eve");
  const ids = ["--agent-uid", "1717", "--agent-user", "ada", "--agent-gid", "1818", "--agent-group", "lab"];
  await shared.ok("-u", "admin", "user", "link-with-agent-user", "asset-ada", ...ids);
});

describe("a command's page", () => {
  test("tells whom it runs as, where, and how it ended", async ({ open }) => {
    const data = shared.sharedDir("asset-data", 1717, 1818);
    const options = ["--description", "touches data", "-v", `${data}:/data`, "--slots", "2", "-e", "TOKEN=hunter2"];
    const id = await shared.run("asset-ada", ...options, "--", "sh", "-c", "touch /data/x; exit 3");
    await shared.waitFor(id, "FAILED");
    const page = await open(shared, `/commands/${id}`, { as: "asset-eve" });
    await page.getByRole("heading", { name: "touches data" }).waitFor();
    const details = page.getByRole("complementary", { name: "Details" });
    const facts = await details.textContent();
    for (const fact of [
      /Exit code\s*3/,
      /Runs as.*ada.*1717.*lab.*1818/,
      /Agent\s*n0/,
      /Slots\s*2/,
      /pedl-test\/busybox:1/,
    ]) {
      expect(facts).toMatch(fact);
    }
    expect(facts).toContain(`${data} → /data`);
    expect(facts).toContain("sh -c");
    expect(await page.getByRole("button", { name: "Kill" }).count()).toBe(0);
  });

  test("tells what happened to it", async ({ open }) => {
    const id = await shared.run("asset-ada", "--description", "eventful", "--", "sleep", "1000");
    await shared.waitFor(id, "RUNNING");
    const page = await open(shared, `/commands/${id}?tab=events`, { as: "asset-ada" });
    const events = page.getByRole("main").getByRole("listitem");
    await expect.poll(() => events.allTextContents()).toHaveLength(3);
    await page.getByRole("button", { name: "Kill", exact: true }).click();
    const question = page.getByRole("dialog", { name: `Kill command ${id}?` });
    expect(await question.textContent()).toContain("eventful");
    await question.getByRole("button", { name: `Kill command ${id}` }).click();
    await expect
      .poll(async () => (await events.allTextContents()).map((text) => text.match(/^[A-Z][a-z]+/)?.[0]))
      .toEqual(["Killed", "Stopping", "Running", "Starting", "Queued"]);
    expect(await events.first().textContent()).toContain("killed by asset-ada");
    await expect.poll(() => page.getByRole("button", { name: "Kill", exact: true }).count()).toBe(0);
  });

  test("has the configuration to copy, and keeps the values of variables from others", async ({ open }) => {
    const id = await shared.run("asset-ada", "-e", "TOKEN=hunter2", "--description", "secretive", "--", "true");
    const options = { permissions: ["clipboard-read", "clipboard-write"] };
    const page = await open(shared, `/commands/${id}`, { as: "asset-ada", options });
    await page.getByRole("link", { name: "Config" }).click();
    await page.getByText("hunter2").waitFor();
    await page
      .getByRole("main")
      .getByRole("button", { name: /^Copy.*(configuration|YAML)/i })
      .click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.trim()).toBe((await shared.ok("-u", "asset-ada", "command", "config", String(id))).trim());

    const other = await open(shared, `/commands/${id}?tab=config`, { as: "asset-eve" });
    await other.getByText("only asset-ada and administrators see them").waitFor();
    expect(await other.content()).not.toContain("hunter2");
  });

  test("follows what it does", async ({ open }) => {
    const page = await open(shared, "/commands", { as: "asset-ada" });
    await page.getByRole("button", { name: "User menu: asset-ada" }).waitFor();
    // It runs for several times as long as passes from one look of the page to the next.
    const id = await shared.run("asset-ada", "--description", "goes on", "--", "sh", "-c", "sleep 7; exit 5");
    await page.goto(`/commands/${id}`);
    const main = page.getByRole("main");
    await expect.poll(() => main.textContent()).toContain("Running");
    await expect.poll(() => main.textContent()).toContain("Failed");
    await expect
      .poll(() => page.getByRole("complementary", { name: "Details" }).textContent())
      .toMatch(/Exit code\s*5/);
  });
});
