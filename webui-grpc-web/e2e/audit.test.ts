import { api } from "./api";
import { expect, shared, test } from "./test";

test("the audit is read by person and action, and its address says which", async ({ open }) => {
  await shared.members("audited");
  await shared.ok("-u", "admin", "user", "deactivate", "audited");
  expect((await shared.pedl(["user", "login", "audited"])).code).toBe(3);

  const page = await open(shared, "/audit", { as: "admin" });
  const rows = page.getByRole("table", { name: "Audit events" }).getByRole("row");
  await rows.filter({ hasText: "user.deactivate" }).first().waitFor();
  await page.getByRole("textbox", { name: "Person, by or to whom it was done" }).fill("audited");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toBe(`${shared.url}/audit?who=audited`);
  await page.getByText("3 events, no older ones").waitFor();
  await page.getByRole("textbox", { name: "Action" }).fill("signed in");
  await page.getByRole("option", { name: "Sessions: signed in", exact: true }).click();
  await expect.poll(() => page.url()).toContain("action=session.login");
  await page.getByText("1 event, no older ones").waitFor();
  const row = rows.filter({ hasText: "session.login" });
  expect(await row.textContent()).toContain("Refused");
  await page.getByText("pedl master audit --account audited --action session.login").waitFor();

  await page.goto("/audit?who=audited&action=user.create");
  await page.getByText("1 event, no older ones").waitFor();
  await page.goto("/audit?who=audited&action=agent.");
  await page.getByText("Nothing of that was recorded").waitFor();
  await page.getByRole("button", { name: "Show everything" }).click();
  await rows.filter({ hasText: "user.deactivate" }).first().waitFor();
});

test("what somebody tried to sign in as is repeated to nobody where it is no name", async ({ open }) => {
  const name = "<img src=x onerror=alert(1)>";
  await expect(api(shared.url).sessions.login({ username: name, password: "x" })).rejects.toThrow(/unauthenticated/);
  const page = await open(shared, "/audit?action=session.login", { as: "admin" });
  await page.getByText("(no user name)").first().waitFor();
  expect(await page.content()).not.toContain("onerror");
});
