/** How the pages look at work: as pictures, to assistive technology, and on a narrow screen. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { violations } from "./axe";
import { overflows } from "./browser";
import { startTeam, type Team } from "./team";
import { afterAll, beforeAll, describe, expect, test } from "./test";

const PICTURES = join(import.meta.dirname, "../../target/screenshots");

let team: Team;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  team = await startTeam();
});
afterAll(() => team.cluster.stop());

interface Shown {
  name: string;
  path: (team: Team) => string;
  /** What there is once it is all there. */
  ready: (page: Page) => Promise<unknown>;
  as?: string | undefined;
}

const text = (words: string | RegExp) => (page: Page) =>
  page.getByRole("main").getByText(words).locator("visible=true").first().waitFor();

const PAGES: Shown[] = [
  {
    name: "login",
    path: () => "/login",
    ready: (page) => page.getByRole("button", { name: "Sign in" }).waitFor(),
    as: undefined,
  },
  { name: "commands", path: () => "/commands?owner=all", ready: text("Tokenize the wiki dump") },
  { name: "mine", path: () => "/commands", ready: text("Sweep: lr 1e-4") },
  {
    name: "filtered",
    path: () => "/commands?owner=all&state=queued,running&sort=oldest",
    ready: text("Train ViT-B/16"),
  },
  { name: "notebooks", path: () => "/notebooks", ready: text("pedl notebook list -a") },
  {
    name: "command",
    path: ({ training }) => `/commands/${training}`,
    ready: (page) => page.getByRole("log").getByText(/epoch/).first().waitFor(),
  },
  {
    name: "failed",
    path: ({ failed }) => `/commands/${failed}`,
    ready: (page) => page.getByRole("log").getByText("OutOfMemoryError").first().waitFor(),
  },
  { name: "config", path: ({ training }) => `/commands/${training}?tab=config`, ready: text("lab/pytorch:2.7") },
  { name: "events", path: ({ training }) => `/commands/${training}?tab=events`, ready: text("Queued") },
  { name: "launch", path: ({ training }) => `/commands/new?from=${training}`, ready: text("Ready") },
  { name: "cluster", path: () => "/cluster?agent=lab-1", ready: text(/Embeddings for the catalogue/) },
  { name: "users", path: () => "/users", ready: text("katherine"), as: "admin" },
  {
    name: "user",
    path: () => "/users?user=grace",
    ready: (page) => page.getByLabel("Display name").waitFor(),
    as: "admin",
  },
  { name: "account", path: () => "/account", ready: text("pedl token create") },
  { name: "audit", path: () => "/audit?action=user.", ready: text("user.link"), as: "admin" },
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.for(PAGES)("$name", async ({ name, path, ready, ...shown }, { open }) => {
    const as = "as" in shown ? shown.as : "ada";
    for (const width of [1280, 375]) {
      const options = { reducedMotion: "reduce" as const };
      const visit = { width, height: width === 375 ? 812 : 800, theme, options, ...(as === undefined ? {} : { as }) };
      const page = await open(team.cluster, path(team), visit);
      await ready(page);
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: join(PICTURES, `${name}-${theme}-${width}.png`), animations: "disabled" });
      expect(await overflows(page), `${name} at ${width} px`).toBe(false);
      expect(await violations(page)).toEqual([]);
    }
  });
});

test("nothing moves while a page comes", async ({ open }) => {
  for (const path of ["/commands?owner=all", `/commands/${team.training}?tab=events`, "/cluster", "/account"]) {
    const page = await open(team.cluster, "/login", { as: "ada" });
    await page.addInitScript(() => {
      const shifts = { total: 0 };
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
          if (!hadRecentInput) shifts.total += value;
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(path);
    await text(path.startsWith("/account") ? "pedl token create" : /lab-|Queued|Train/)(page);
    await page.waitForLoadState("load");
    const shift = await page.evaluate(() => (window as unknown as { shifts: { total: number } }).shifts.total);
    // What Google calls good is at most 0.1.
    expect(shift, path).toBeLessThan(0.05);
  }
});
