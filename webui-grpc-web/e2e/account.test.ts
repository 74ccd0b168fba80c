import type { Page } from "playwright-core";
import { beforeAll, expect, shared, test } from "./test";

beforeAll(() => shared.members("own-ada", "own-bob", "own-eve"));

const section = (page: Page, name: string) => page.getByRole("region", { name });

test("one changes one's own password", async ({ open }) => {
  const page = await open(shared, "/account", { as: "own-ada" });
  const elsewhere = await shared.as("own-ada");
  const change = async (current: string, password: string, again: string) => {
    await page.getByLabel("Current password").fill(current);
    await page.getByLabel("New password", { exact: true }).fill(password);
    await page.getByLabel("New password again").fill(again);
    await section(page, "Password")
      .getByRole("button", { name: /Change password|Make it blank/ })
      .click();
  };
  await change("", "first", "frist");
  await page.getByText("These are not the same.").waitFor();
  await change("", "first", "first");
  await page.getByText("Your password is changed. 1 other session or access token ended.").waitFor();
  await expect(elsewhere.sessions.getCurrentSession({})).rejects.toThrow(/unauthenticated/);
  await change("wrong", "second", "second");
  await page.getByText("This is not your current password.").waitFor();
  await change("first", "second", "second");
  await page.getByText("Your password is changed. No other session was open.").waitFor();
  await shared.as("own-ada", "second");
});

test("one ends one's sessions elsewhere", async ({ open }) => {
  const [first, second] = [await shared.as("own-bob"), await shared.as("own-bob")];
  const page = await open(shared, "/account", { as: "own-bob" });
  const sessions = section(page, "Sessions");
  await expect.poll(() => sessions.getByRole("button", { name: "Revoke" }).count()).toBe(2);
  expect(await sessions.getByText("This session").count()).toBe(1);
  // The newest of the others.
  await sessions.getByRole("button", { name: "Revoke" }).first().click();
  await page
    .getByRole("dialog", { name: "End this session?" })
    .getByRole("button", { name: "End the session" })
    .click();
  await expect.poll(() => sessions.getByRole("button", { name: "Revoke" }).count()).toBe(1);
  await expect(second.sessions.getCurrentSession({})).rejects.toThrow(/unauthenticated/);
  await first.sessions.getCurrentSession({});

  await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByText("1 other session ended").waitFor();
  await expect(first.sessions.getCurrentSession({})).rejects.toThrow(/unauthenticated/);
});

test("a token for scripts is shown once, works, and is revoked", async ({ open }) => {
  const page = await open(shared, "/account", { as: "own-eve" });
  const tokens = section(page, "Access tokens");
  await tokens.getByText("pedl token create --name nightly --lifetime 30d").waitFor();
  await tokens.getByRole("button", { name: "New access token" }).click();
  await page.getByLabel("Name").fill("nightly <i>run</i>");
  await page.getByRole("textbox", { name: "Lifetime" }).fill("400d");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect.poll(() => page.getByRole("textbox", { name: "Lifetime" }).getAttribute("aria-invalid")).toBe("true");
  await page.getByRole("button", { name: "7 days" }).click();
  await page.getByRole("button", { name: "Create", exact: true }).click();
  const shown = page.getByRole("dialog", { name: "Your new access token" });
  const token = (await shown.locator("code").textContent()) ?? "";
  const whoami = () => shared.pedl(["user", "whoami"], { PEDL_TOKEN: token });
  expect((await whoami()).stdout).toContain("own-eve");
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await tokens.getByText("nightly <i>run</i>").waitFor();
  expect(await page.content()).not.toContain(token);

  await tokens.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await tokens.getByText("pedl token create --name nightly --lifetime 30d").waitFor();
  expect((await whoami()).code).toBe(3);
});
