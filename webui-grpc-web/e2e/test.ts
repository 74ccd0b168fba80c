/** Vitest's `test`, with pages of the web UI. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { test as base, inject } from "vitest";
import { Faults, launch } from "./browser";
import { Members } from "./cluster";
import { PATIENCE } from "./eventually";

export { afterAll, beforeAll, describe, expect } from "vitest";

/** Pictures of what tests failed on. */
const FAILURES = join(import.meta.dirname, "../../target/e2e-failures");

/** The cluster that all files share: nobody deactivates `pedl` or stops anything there. */
export const shared = new Members(inject("shared"));

export interface Visit {
  /** Who is signed in already; absent: nobody. */
  as?: string;
  password?: string;
  width?: number;
  height?: number;
  theme?: "light" | "dark";
  options?: BrowserContextOptions;
}

interface Fixtures {
  browser: Browser;
  /** What goes wrong in pages fails the test at its end, unless it is expected here. */
  faults: Faults;
  /** Opens a page of a cluster, in a browser that nobody has used. */
  open(cluster: Members, path: string, visit?: Visit): Promise<Page>;
}

export const test = base.extend<Fixtures>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads which fixtures it wants from it
    async ({}, use) => {
      const browser = await launch();
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads which fixtures it wants from it
  faults: async ({}, use) => {
    await use(new Faults());
  },
  open: async ({ browser, faults, task }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (cluster, path, visit = {}) => {
      const { width = 1280, height = 800, theme = "light" } = visit;
      const viewport = { width, height };
      const context = await browser.newContext({
        viewport,
        colorScheme: theme,
        baseURL: cluster.url,
        ...visit.options,
      });
      contexts.push(context);
      context.setDefaultTimeout(PATIENCE);
      context.setDefaultNavigationTimeout(4 * PATIENCE);
      await faults.watch(context, cluster.url);
      if (visit.as !== undefined) await signIn(context, cluster, visit.as, visit.password);
      const page = await context.newPage();
      await page.goto(path);
      return page;
    });
    if (task.result?.state === "fail") await keepPictures(task.name, contexts);
    for (const context of contexts) await context.close();
    const seen = faults.all();
    if (seen.length > 0) throw new Error(`in the pages:\n${seen.join("\n")}`);
  },
});

async function keepPictures(test: string, contexts: BrowserContext[]): Promise<void> {
  mkdirSync(FAILURES, { recursive: true });
  const name = test.replaceAll(/[^a-z0-9]+/gi, "-");
  for (const [number, page] of contexts.flatMap((context) => context.pages()).entries()) {
    await page.screenshot({ path: join(FAILURES, `${name}-${number}.png`) });
  }
}

/** Gives a browser a session that was opened outside it. */
export async function signIn(
  context: BrowserContext,
  cluster: Members,
  username: string,
  password = "",
): Promise<void> {
  const [name = "", value = ""] = (await cluster.cookie(username, password)).split("=");
  await context.addCookies([{ name, value, url: cluster.url, httpOnly: true, sameSite: "Strict" }]);
}
