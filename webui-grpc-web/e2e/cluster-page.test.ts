import type { Page } from "playwright-core";
import { Cluster } from "./cluster";
import { eventually } from "./eventually";
import { afterAll, beforeAll, expect, test } from "./test";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ agents: ["left", "right"], slots: 2 });
  await cluster.members("ada", "grace");
});
afterAll(() => cluster.stop());

const agent = (page: Page, name: string) =>
  page.getByRole("region", { name: "Agents" }).getByRole("listitem").filter({ hasText: name });
const queued = (page: Page, id: number) => page.getByRole("table", { name: "Queue" }).locator(`tr[data-key="${id}"]`);

async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** Starts something that holds both slots of an agent. */
async function fill(owner: string): Promise<{ id: number; agent: string }> {
  const id = await cluster.run(owner, "--slots", "2", "--", "sleep", "1000");
  const { agent } = await cluster.waitFor(id, "RUNNING");
  return { id, agent: String(agent) };
}

test("whose work is where, and what waits for what", async ({ open }) => {
  const [first, second] = [await fill("ada"), await fill("grace")];
  const waiting = await cluster.run("ada", "--description", "waits", "--", "true");
  const large = await cluster.run("grace", "--description", "too large", "--slots", "3", "--", "true");
  const page = await open(cluster, "/cluster", { as: "ada" });
  await page.getByText("2 agents · 4 of 4 slots used").waitFor();
  for (const [{ agent: name }, owner] of [
    [first, "ada"],
    [second, "grace"],
  ] as const) {
    await expect.poll(() => agent(page, name).textContent()).toMatch(/Connected/);
    await expect.poll(() => agent(page, name).getByRole("img").first().getAttribute("aria-label")).toContain(owner);
  }
  await expect.poll(() => queued(page, waiting).textContent()).toMatch(/1.*waits.*waits for a free slot/);
  await expect.poll(() => queued(page, large).textContent()).toMatch(/2.*too large.*needs 3 slots, but no agent/);
  expect(await page.getByRole("button", { name: /Actions for|Add an agent/ }).count()).toBe(0);

  // As it happens, without reloading.
  await cluster.ok("-u", "ada", "command", "kill", String(first.id));
  await cluster.waitFor(waiting, "COMPLETED");
  await queued(page, waiting).waitFor({ state: "detached" });
  await cluster.ok("-u", "grace", "command", "kill", String(second.id), String(large));
  await page.getByText("Nothing waits").waitFor();
  await cluster.waitFor(second.id, "KILLED");
});

test("an agent is drained, enabled and disabled", async ({ open }) => {
  const { id, agent: name } = await fill("ada");
  const page = await open(cluster, "/cluster", { as: "admin" });
  await choose(page, name, "Drain…");
  const drain = page.getByRole("dialog", { name: `Drain ${name}` });
  await drain.getByText("the one that is here goes on to its end").waitFor();
  await drain.getByRole("button", { name: "Drain" }).click();
  await expect.poll(() => agent(page, name).textContent()).toContain("Draining");
  expect((await cluster.describe(id)).state).toBe("RUNNING");

  const elsewhere = await fill("grace");
  expect(elsewhere.agent).not.toBe(name);
  await cluster.ok("-u", "grace", "command", "kill", String(elsewhere.id));

  await choose(page, name, "Enable");
  await page.getByText(`${name} takes tasks again`).waitFor();
  await expect.poll(() => agent(page, name).textContent()).toContain("Connected");

  await choose(page, name, "Disable…");
  const disable = page.getByRole("dialog", { name: `Disable ${name}` });
  await disable.getByText("This is killed:").waitFor();
  await disable.getByText("sleep 1000").waitFor();
  await disable.getByRole("button", { name: "Disable and kill" }).click();
  await page.getByText(`${name} is disabled; 1 asset is being killed`).waitFor();
  await cluster.waitFor(id, "KILLED");
  await expect.poll(() => agent(page, name).textContent()).toContain("Disabled");
  await choose(page, name, "Enable");
  await expect.poll(() => agent(page, name).textContent()).toContain("Connected");
});

test("an agent that is gone is out of reach, and back when it is back", async ({ open }) => {
  const page = await open(cluster, "/cluster", { as: "ada" });
  await expect.poll(() => agent(page, "right").textContent()).toContain("Connected");
  await cluster.killAgent("right");
  await eventually("the master to notice", async () => {
    const agents = await cluster.json<{ name: string; connected: boolean }[]>("agent", "list");
    return agents.some(({ name, connected }) => name === "right" && !connected);
  });
  await expect.poll(() => agent(page, "right").textContent(), { timeout: 30_000 }).toContain("Out of reach");
  cluster.startAgent("right");
  await expect.poll(() => agent(page, "right").textContent(), { timeout: 30_000 }).toContain("Connected");
});

test("a token for another agent is shown once, with what to type", async ({ open }) => {
  const page = await open(cluster, "/cluster", { as: "admin" });
  await page.getByRole("button", { name: "Add an agent" }).click();
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog", { name: "Add an agent" });
  await dialog.getByText("Copy it now: it is not shown again.").waitFor();
  await dialog.getByText(/pedl-agent .*--master/).waitFor();
  const token = (await dialog.locator("code").first().textContent()) ?? "";
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  expect(token.length).toBeGreaterThan(20);
  expect(await page.content()).not.toContain(token);
});
