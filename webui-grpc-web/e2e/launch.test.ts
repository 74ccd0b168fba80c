import type { Page } from "playwright-core";
import { beforeAll, expect, shared, test } from "./test";

beforeAll(() => shared.members("launch-ada", "launch-eve"));

/** The number of the command whose page is open. */
async function launched(page: Page): Promise<number> {
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/commands\/\d+$/);
  return Number(new URL(page.url()).pathname.split("/")[2]);
}

const launch = (page: Page) => page.getByRole("button", { name: /^Launch/ });

test("a command is launched from the form, and runs", async ({ open }) => {
  const page = await open(shared, "/commands", { as: "launch-ada" });
  await page.getByRole("link", { name: "Launch", exact: true }).click();
  await page.getByLabel("Command", { exact: true }).fill("echo hello from the page; id -u");
  await page.getByLabel("Run in a shell").check();
  await page.getByLabel("Description").fill("from the form");
  await page.getByRole("textbox", { name: "Slots" }).fill("0");
  await page.getByRole("button", { name: "Add a variable" }).click();
  await page.getByLabel("Variable 1: name").fill("MODE");
  await page.getByLabel("Value of MODE").fill("quick");
  await page.getByText("Ready").waitFor();
  await launch(page).click();
  const id = await launched(page);
  await page.getByRole("log").getByText("hello from the page").waitFor();
  const asset = await shared.waitFor(id, "COMPLETED");
  expect(asset).toMatchObject({ owner: "launch-ada", description: "from the form" });
  const config = await shared.ok("-u", "launch-ada", "command", "config", String(id));
  expect(config).toContain("MODE: quick");
  expect(config).toContain("slots: 0");
});

test("what the master refuses is said as one types", async ({ open }) => {
  const page = await open(shared, "/commands/new", { as: "launch-ada" });
  await page.getByLabel("Command", { exact: true }).fill("true");
  await page.getByText("Ready").waitFor();
  const memory = page.getByRole("textbox", { name: "Memory", exact: true });
  await memory.fill("1MiB");
  await page.getByText(/at least 6 ?MiB/i).waitFor();
  expect(await memory.getAttribute("aria-invalid")).toBe("true");
  await page.getByText("1 thing to put right").waitFor();
  await launch(page).click();
  expect(await memory.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(new URL(page.url()).pathname).toBe("/commands/new");
  await memory.fill("64MiB");
  await page.getByText("Ready").waitFor();
});

test("a command is launched from YAML", async ({ open }) => {
  const page = await open(shared, "/commands/new", { as: "launch-ada" });
  await page.getByLabel("Command", { exact: true }).fill("echo yaml");
  await page.getByText("YAML", { exact: true }).click();
  const editor = page.getByRole("textbox", { name: "Configuration in YAML" });
  // By keys: what a browser itself puts in place of coloured text has styles that the page's policy refuses.
  const write = async (text: string) => {
    await editor.focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Backspace");
    await page.keyboard.insertText(text);
  };
  await write("description: from yaml\nslots: many\n");
  await page.getByRole("button", { name: "Line 2" }).waitFor();
  await write("description: from yaml\nslots: 0\nenvironment_variables: {A: b}\n");
  await page.getByText("Ready").waitFor();
  await page.getByText("Form", { exact: true }).click();
  await expect.poll(() => page.getByLabel("Description").inputValue()).toBe("from yaml");
  await page.keyboard.press("Control+Enter");
  const id = await launched(page);
  const asset = await shared.waitFor(id, "COMPLETED");
  expect(asset).toMatchObject({ description: "from yaml" });
});

test("a command is launched again, changed", async ({ open }) => {
  const id = await shared.run(
    "launch-ada",
    "--slots",
    "0",
    "--description",
    "first try",
    "--",
    "sh",
    "-c",
    "echo again",
  );
  const page = await open(shared, `/commands/${id}`, { as: "launch-ada" });
  await page.getByRole("link", { name: "Launch again" }).click();
  await expect.poll(() => page.getByLabel("Description").inputValue()).toBe("first try");
  expect(new URL(page.url()).search).toBe(`?from=${id}`);
  await page.getByLabel("Description").fill("second try");
  await page.getByText("Ready").waitFor();
  await launch(page).click();
  await expect.poll(() => new URL(page.url()).pathname).not.toBe("/commands/new");
  const again = await launched(page);
  expect(again).not.toBe(id);
  await shared.waitFor(again, "COMPLETED");
  expect((await shared.describe(again)).description).toBe("second try");
  await page.getByRole("log").getByText("again").waitFor();
});

test("another's is launched as one's own, without the values of its variables", async ({ open }) => {
  const id = await shared.run("launch-ada", "--slots", "0", "-e", "KEY=hunter2", "--", "sh", "-c", "echo $KEY");
  const page = await open(shared, `/commands/new?from=${id}`, { as: "launch-eve" });
  await page.getByText("Fill in KEY.").waitFor();
  expect(await page.content()).not.toContain("hunter2");
  await page.getByLabel("Value of KEY").fill("mine");
  await page.getByText("Ready").waitFor();
  await launch(page).click();
  const own = await launched(page);
  expect(await shared.waitFor(own, "COMPLETED")).toMatchObject({ owner: "launch-eve" });
  await page.getByRole("log").getByText("mine").waitFor();
});
