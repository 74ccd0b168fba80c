import type { Page } from "playwright-core";
import { Cluster } from "./cluster";
import { afterAll, beforeAll, describe, expect, shared, test } from "./test";

/** Where a page is: its path with what follows. */
const place = (page: Page) => page.url().replace(new URL(page.url()).origin, "");

/** Where the login page says that it goes on. */
const next = (page: Page) => {
  const { pathname, searchParams } = new URL(page.url());
  return pathname === "/login" ? searchParams.get("next") : undefined;
};

async function fillIn(page: Page, username: string, password = ""): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

const userMenu = (page: Page, username: string) => page.getByRole("button", { name: `User menu: ${username}` });

async function chooseInMenu(page: Page, username: string, item: string): Promise<void> {
  await userMenu(page, username).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

describe("while the default account is open", () => {
  beforeAll(() => shared.members("sign-ada", "sign-eve"));

  test("everybody is in without signing in", async ({ open }) => {
    const page = await open(shared, "/");
    await userMenu(page, "pedl").waitFor();
    expect(place(page)).toBe("/commands");
  });

  test("a link leads where it says", async ({ open }) => {
    const page = await open(shared, "/commands?owner=all&state=running");
    await userMenu(page, "pedl").waitFor();
    expect(place(page)).toBe("/commands?owner=all&state=running");
  });

  test("who signs out is out, until somebody signs in by hand", async ({ open }) => {
    const page = await open(shared, "/commands");
    await userMenu(page, "pedl").waitFor();
    const [cookie] = await page.context().cookies();
    await chooseInMenu(page, "pedl", "Sign out");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(await grpcStatus(cookie?.value ?? "")).toBe("16");

    await page.goto("/commands");
    const goOn = page.getByRole("button", { name: "Continue as pedl" });
    await goOn.waitFor();
    expect(next(page)).toBe("/commands");
    await goOn.click();
    await userMenu(page, "pedl").waitFor();
    expect(place(page)).toBe("/commands");
  });

  test("from the menu one signs in as oneself, and is back where one was", async ({ open }) => {
    const page = await open(shared, "/commands?owner=all&q=resnet");
    await chooseInMenu(page, "pedl", "Sign in");
    await fillIn(page, "sign-ada");
    await userMenu(page, "sign-ada").waitFor();
    expect(place(page)).toBe("/commands?owner=all&q=resnet");
  });

  test("a session that ended elsewhere leads to the login page, and back", async ({ open }) => {
    const page = await open(shared, "/account", { as: "sign-eve" });
    await page.getByRole("heading", { name: "Account" }).waitFor();
    await shared.ok("-u", "admin", "user", "sessions", "revoke", String(await newestSession("sign-eve")));
    await page.getByRole("link", { name: "Commands" }).click();
    await expect.poll(() => next(page)).toBe("/commands");
    await fillIn(page, "sign-eve");
    await userMenu(page, "sign-eve").waitFor();
    expect(place(page)).toBe("/commands");

    // A list is open as a stream: it learns of the end at once.
    await page.goto("/commands?owner=all&sort=oldest");
    await userMenu(page, "sign-eve").waitFor();
    await shared.ok("-u", "admin", "user", "sessions", "revoke", String(await newestSession("sign-eve")));
    await expect.poll(() => next(page)).toBe("/commands?owner=all&sort=oldest");
  });

  test("what one tab does, the others learn", async ({ open }) => {
    const page = await open(shared, "/commands", { as: "sign-ada" });
    const other = await page.context().newPage();
    await other.goto("/account");
    await userMenu(other, "sign-ada").waitFor();
    await page.bringToFront();
    await chooseInMenu(page, "sign-ada", "Sign out");
    await expect.poll(() => next(other)).toBe("/account");
  });

  test("no script can read the token", async ({ open }) => {
    const page = await open(shared, "/commands");
    await userMenu(page, "pedl").waitFor();
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ name: "pedl_session", httpOnly: true, sameSite: "Strict", path: "/" }]);
    const token = cookies[0]?.value ?? "";
    expect(token).toMatch(/^pedl_/);
    const readable = await page.evaluate(async () => {
      const databases = await indexedDB.databases();
      const stored = [localStorage, sessionStorage].map((storage) => JSON.stringify(Object.entries(storage)));
      return [document.cookie, document.documentElement.outerHTML, JSON.stringify(databases), ...stored].join("\n");
    });
    expect(readable).not.toContain("pedl_session");
    expect(readable).not.toContain(token);
  });
});

describe("where everybody has an account", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ agents: [] });
    await cluster.members("ada");
    await cluster.pedl(["-u", "admin", "user", "change-password", "ada"], { PEDL_NEW_PASSWORD: "an engine" });
    await cluster.ok("-u", "admin", "user", "deactivate", "pedl");
  });
  afterAll(() => cluster.stop());

  test("one signs in, and is where one wanted to go", async ({ open }) => {
    const page = await open(cluster, "/commands?owner=all&state=queued,running&q=a+b");
    await expect.poll(() => next(page)).toContain("/commands?");
    expect(await page.getByRole("button", { name: "Continue as pedl" }).count()).toBe(0);
    await fillIn(page, "ada", "an engine");
    await userMenu(page, "ada").waitFor();
    const { pathname, searchParams } = new URL(page.url());
    expect([pathname, ...searchParams]).toEqual([
      "/commands",
      ["owner", "all"],
      ["state", "queued,running"],
      ["q", "a b"],
    ]);
  });

  test("a wrong password is told from nothing else", async ({ open }) => {
    const page = await open(cluster, "/login");
    for (const [username, password] of [
      ["ada", "a loom"],
      ["nobody", ""],
      ["pedl", ""],
    ] as const) {
      await fillIn(page, username, password);
      const alert = page.getByRole("alert");
      await expect.poll(() => alert.textContent()).toMatch(/username|password/i);
      expect(place(page)).toBe("/login");
      await page.reload();
    }
  });

  test("guessing is slowed down, and the page counts down", async ({ open }) => {
    await cluster.members("guessed");
    const page = await open(cluster, "/login");
    const button = page.getByRole("button", { name: "Sign in", exact: true });
    const alert = page.getByRole("alert");
    await expect
      .poll(async () => {
        if (await button.isEnabled()) await fillIn(page, "guessed", "wrong");
        return alert.textContent();
      })
      .toMatch(/Too many attempts. Try again in \d+ s/);
    expect(await button.isEnabled()).toBe(false);
  });

  test.for(["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"])(
    "the login page does not lead to %j",
    async (foreign, { open }) => {
      const page = await open(cluster, `/login?next=${encodeURIComponent(foreign)}`);
      await fillIn(page, "ada", "an engine");
      await userMenu(page, "ada").waitFor();
      expect(place(page)).toBe("/commands");
    },
  );

  test("the default account with a password has to sign in too", async ({ open }) => {
    await cluster.ok("-u", "admin", "user", "activate", "pedl");
    await cluster.pedl(["-u", "admin", "user", "change-password", "pedl"], { PEDL_NEW_PASSWORD: "secret" });
    const page = await open(cluster, "/cluster");
    await expect.poll(() => next(page)).toBe("/cluster");
    expect(await page.getByRole("button", { name: "Continue as pedl" }).count()).toBe(0);
    await fillIn(page, "pedl", "secret");
    await userMenu(page, "pedl").waitFor();
    expect(place(page)).toBe("/cluster");
  });
});

/** What the master answers who shows a cookie. */
async function grpcStatus(token: string): Promise<string | null> {
  const answer = await fetch(`${shared.url}/pedl.v1.SessionService/GetCurrentSession`, {
    method: "POST",
    headers: { origin: shared.url, cookie: `pedl_session=${token}`, "content-type": "application/grpc-web+proto" },
    body: new Uint8Array(5),
  });
  const inBody = (await answer.text()).match(/grpc-status: ?(\d+)/)?.[1];
  return answer.headers.get("grpc-status") ?? inBody ?? null;
}

/** The session that somebody opened last. */
async function newestSession(username: string): Promise<number> {
  const sessions = await shared.json<{ id: number; username: string }[]>(
    "-u",
    "admin",
    "user",
    "sessions",
    "list",
    "-a",
  );
  return Math.max(...sessions.filter((session) => session.username === username).map(({ id }) => id));
}
