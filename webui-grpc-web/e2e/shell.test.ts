import type { Page } from "playwright-core";
import { beforeAll, expect, shared, test } from "./test";

beforeAll(() => shared.members("shell-ada"));

const userMenu = (page: Page) => page.getByRole("button", { name: "User menu: shell-ada" });

test("keys lead everywhere", async ({ open }) => {
  const page = await open(shared, "/commands", { as: "admin" });
  await page.getByRole("button", { name: "User menu: admin" }).waitFor();
  for (const [key, path] of [
    ["n", "/notebooks"],
    ["l", "/cluster"],
    ["u", "/users"],
    ["a", "/audit"],
    ["m", "/account"],
    ["c", "/commands"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect.poll(() => new URL(page.url()).pathname).toBe(path);
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("the palette finds a page and a command", async ({ open }) => {
  const id = await shared.run("shell-ada", "--description", "palette target", "--", "true");
  const page = await open(shared, "/commands", { as: "shell-ada" });
  await userMenu(page).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search or go to" }).fill("cluster");
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).pathname).toBe("/cluster");
  await page.getByRole("button", { name: "Search or go to" }).click();
  await page.getByRole("combobox", { name: "Search or go to" }).fill(String(id));
  await page.getByRole("option", { name: `Number ${id}`, exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "palette target" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search or go to" }).fill("palette tar");
  await page.getByRole("option", { name: /palette target/ }).waitFor();
});

test("dark and light follow the system, or who says otherwise", async ({ open }) => {
  const page = await open(shared, "/commands", { as: "shell-ada", theme: "dark" });
  const brightness = () =>
    page.evaluate(() => {
      const [r = 0, g = 0, b = 0] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? [];
      return r + g + b > 384 ? "light" : "dark";
    });
  await userMenu(page).click();
  expect(await brightness()).toBe("dark");
  await page.getByRole("menu").getByText("Light", { exact: true }).click();
  expect(await brightness()).toBe("light");
  await page.reload();
  await userMenu(page).waitFor();
  expect(await brightness()).toBe("light");
});

test("on a narrow screen the navigation is a drawer", async ({ open }) => {
  const page = await open(shared, "/commands", { as: "shell-ada", width: 375, height: 700 });
  await page.getByRole("button", { name: "Open the navigation" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Cluster" }).click();
  await page.getByRole("heading", { name: "Cluster" }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("the keyboard comes to the page at once, and focus can be seen", async ({ open }) => {
  const page = await open(shared, "/account", { as: "shell-ada" });
  await userMenu(page).waitFor();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the page" });
  expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true);
  expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0);
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement ?? document.body);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  });
  expect(outline).toBe(true);
});

test("what is not there is said so", async ({ open }) => {
  const page = await open(shared, "/no/such/page", { as: "shell-ada" });
  await page.getByText("There is no such page").waitFor();
  await page.goto("/commands/999999");
  await page.getByText("There is no command 999999").waitFor();
  const id = await shared.run("shell-ada", "--description", "of a kind", "--", "true");
  await page.goto(`/notebooks/${id}`);
  await page.getByText(`${id} is not a notebook, but a command`).waitFor();
  await page.goto(`/assets/${id}`);
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/commands/${id}`);
});
