import type { Page } from "playwright-core";
import { expect, shared, test } from "./test";

const drawer = (page: Page) => page.getByRole("dialog");
const row = (page: Page, username: string) => page.getByRole("row").filter({ hasText: username });

async function openUser(page: Page, username: string): Promise<void> {
  await page.getByRole("button", { name: username, exact: true }).click();
  await drawer(page).getByRole("button", { name: "Save" }).waitFor();
}

test("an administrator makes an account, and its commands run as the Unix user it is linked with", async ({ open }) => {
  const page = await open(shared, "/users", { as: "admin" });
  await page.getByRole("button", { name: "New user" }).click();
  await page.getByLabel("Username").fill("Users-Ada");
  await page.getByText("Becomes users-ada").waitFor();
  await page.getByLabel("Display name").fill("Ada <b>Lovelace</b>");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect.poll(() => page.url()).toContain("/users?user=users-ada");

  await page.getByRole("button", { name: "Link with an agent user" }).click();
  await page.getByLabel("User", { exact: true }).fill("ada");
  await page.getByLabel("uid").fill("4321");
  await page.getByLabel("Group", { exact: true }).fill("lab");
  await page.getByLabel("gid").fill("99999999999");
  await drawer(page)
    .getByRole("button", { name: /^Link|^Save/ })
    .last()
    .click();
  await drawer(page).getByText("2147483647").waitFor();
  await page.getByLabel("gid").fill("1234");
  await drawer(page)
    .getByRole("button", { name: /^Link|^Save/ })
    .last()
    .click();
  await drawer(page).getByText("ada:lab").or(drawer(page).getByText("4321")).first().waitFor();

  const [said] = (await shared.json<{ username: string }[]>("user", "list")).filter(
    ({ username }) => username === "users-ada",
  );
  expect(said).toMatchObject({
    display_name: "Ada <b>Lovelace</b>",
    admin: false,
    active: true,
    agent_uid: 4321,
    agent_gid: 1234,
  });
  expect(await shared.ok("-u", "users-ada", "command", "run", "--", "sh", "-c", "id -u; id -g; whoami")).toBe(
    "4321\n1234\nada\n",
  );
});

test("an account is renamed, and made an administrator's", async ({ open }) => {
  await shared.members("users-bob", "users-taken");
  const page = await open(shared, "/users?q=users-bob", { as: "admin" });
  await openUser(page, "users-bob");
  await drawer(page).getByLabel("Username").fill("users-taken");
  await drawer(page).getByRole("button", { name: "Save" }).click();
  await drawer(page).getByText("There is a user with this name already.").waitFor();
  await drawer(page).getByLabel("Username").fill("users-robert");
  await drawer(page).getByLabel("Administrator").check();
  await drawer(page).getByRole("button", { name: "Save" }).click();
  await expect.poll(() => page.url()).toContain("user=users-robert");
  const users = await shared.json<{ username: string; admin: boolean }[]>("user", "list");
  expect(users.filter(({ username }) => username.startsWith("users-b") || username === "users-robert")).toMatchObject([
    { username: "users-robert", admin: true },
  ]);
});

test("deactivating says what it ends, and ends that", async ({ open }) => {
  await shared.members("users-eve");
  const id = await shared.run("users-eve", "--", "sleep", "1000");
  await shared.waitFor(id, "RUNNING");
  const page = await open(shared, "/users?user=users-eve", { as: "admin" });
  await drawer(page).getByRole("button", { name: "Deactivate…" }).click();
  const question = page.getByRole("dialog", { name: "Deactivate users-eve" });
  await question.getByText("1 session or access token ends at once").waitFor();
  await question.getByText("1 asset that runs goes on to its end.").waitFor();
  await question.getByLabel("Also kill what runs").check();
  await question.getByText("1 asset that runs is killed.").waitFor();
  await question.getByRole("button", { name: "Deactivate and kill" }).click();
  await page.getByText("users-eve is inactive, 1 session ended, 1 asset is being killed").waitFor();
  await shared.waitFor(id, "KILLED");
  expect((await shared.pedl(["-u", "users-eve", "user", "whoami"])).code).toBe(3);

  await drawer(page).getByRole("button", { name: "Activate" }).click();
  await page.getByText("users-eve is active").waitFor();
  expect((await shared.pedl(["-u", "users-eve", "user", "whoami"])).code).toBe(0);
});

test("nobody deactivates himself by a slip", async ({ open }) => {
  await shared.ok("-u", "admin", "user", "create", "users-boss", "--admin");
  const page = await open(shared, "/users?user=users-boss", { as: "users-boss" });
  await drawer(page).getByRole("button", { name: "Deactivate…" }).click();
  const question = page.getByRole("dialog", { name: "Deactivate users-boss" });
  const go = question.getByRole("button", { name: "Deactivate", exact: true });
  await question
    .getByText("No session or access token")
    .or(question.getByText(/ends? at once/))
    .first()
    .waitFor();
  expect(await go.isDisabled()).toBe(true);
  await question.getByLabel("Type users-boss to go on").fill("users-boss");
  await go.click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("a forgotten password is set anew", async ({ open }) => {
  await shared.members("users-lost");
  const page = await open(shared, "/users?user=users-lost", { as: "admin" });
  await drawer(page).getByRole("button", { name: "Set a new password" }).click();
  await drawer(page).getByLabel("New password", { exact: true }).fill("found again");
  await drawer(page).getByLabel("New password again").fill("found again");
  await drawer(page).getByRole("button", { name: "Set the password" }).click();
  await drawer(page).getByText("The password is set.").waitFor();
  expect((await shared.pedl(["-u", "users-lost", "user", "whoami"])).code).toBe(3);
  expect((await shared.pedl(["-u", "users-lost", "user", "whoami"], { PEDL_PASSWORD: "found again" })).code).toBe(0);
});

test("the list finds people, and its address is kept", async ({ open }) => {
  await shared.ok("-u", "admin", "user", "create", "users-kj", "--display-name", "Katherine Johnson");
  const page = await open(shared, "/users", { as: "admin" });
  await row(page, "admin").first().waitFor();
  await page.getByLabel("Find users by name").fill("katherine");
  await expect.poll(() => page.getByRole("row").count()).toBe(2);
  expect(page.url()).toBe(`${shared.url}/users?q=katherine`);
  await page.reload();
  await row(page, "users-kj").waitFor();
});

test.for(["/users", "/audit"])("%s is for administrators alone", async (path, { open }) => {
  await shared.members(`users-plain${path.replace("/", "-")}`);
  const page = await open(shared, path, { as: `users-plain${path.replace("/", "-")}` });
  await page.getByText("Only administrators see this").waitFor();
  expect(
    await page
      .getByRole("navigation")
      .getByRole("link", { name: /Users|Audit/ })
      .count(),
  ).toBe(0);
});
