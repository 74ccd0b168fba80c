import { expect, shared, test } from "./test";

test("the audit is read by person and action, and its address says which", async ({ open }) => {
  await shared.members("audited", "audited-too");
  await shared.ok("-u", "admin", "user", "deactivate", "audited");
  const refused = await shared.pedl(["-u", "audited-too", "user", "activate", "audited"]);
  expect(refused.code).toBe(3);

  const page = await open(shared, "/audit", { as: "admin" });
  const rows = page.getByRole("table", { name: "Audit events" }).getByRole("row");
  await rows.filter({ hasText: "user.deactivate" }).first().waitFor();
  await page.getByLabel("Person, by or to whom it was done").fill("audited");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toBe(`${shared.url}/audit?who=audited`);
  await page.getByText("3 events, no older ones").waitFor();
  await page.getByLabel("Action").fill("activated");
  await page.getByRole("option", { name: "Users: activated", exact: true }).click();
  await expect.poll(() => page.url()).toContain("action=user.activate");
  await page.getByText("1 event, no older ones").waitFor();
  const row = rows.filter({ hasText: "user.activate" });
  expect(await row.textContent()).toContain("Refused");
  await page.getByText("pedl master audit --account audited --action user.activate").waitFor();

  await page.goto("/audit?who=audited&action=user.create");
  await page.getByText("1 event, no older ones").waitFor();
  await page.goto("/audit?who=audited&action=agent.");
  await page.getByText("Nothing of that was recorded").waitFor();
  await page.getByRole("button", { name: "Show everything" }).click();
  await rows.filter({ hasText: "user.deactivate" }).first().waitFor();
});

test("names that people made up are text", async ({ open }) => {
  const name = "<img src=x onerror=alert(1)>";
  // A login that failed is recorded with the name that was given.
  await shared.pedl(["user", "login", name]);
  const { sessions } = await import("./api").then(({ api }) => api(shared.url));
  await expect(sessions.login({ username: name, password: "x" })).rejects.toThrow();
  const page = await open(shared, "/audit?action=session.login", { as: "admin" });
  await page.getByText(name).first().waitFor();
  expect(await page.locator("img").count()).toBe(0);
});
