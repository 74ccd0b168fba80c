/** Whether a page that stays open grows. */
import type { Browser, CDPSession } from "playwright-core";
import type { Cluster } from "../e2e/cluster";
import { report } from "./figure";

const UPDATES = 10_000;
const BATCH = 50;
const MIB = 1024 * 1024;

export async function measureHeap(browser: Browser, cluster: Cluster): Promise<void> {
  const { assets } = await cluster.as("pedl");
  const context = await browser.newContext({ baseURL: cluster.url });
  const page = await context.newPage();
  await page.goto("/commands?state=queued");
  const memory = await context.newCDPSession(page);

  /** Creates some commands and kills them again, each time once the page shows what happened. */
  const batch = async (name: string): Promise<void> => {
    const create = async (_: unknown, number: number) => {
      const spec = { case: "command" as const, value: { argv: ["true"] } };
      return (await assets.createAsset({ description: `${name}-${number}`, spec })).asset?.id;
    };
    const ids = await Promise.all(Array.from({ length: BATCH }, create));
    await page.getByText(`${name}-`).first().waitFor();
    await Promise.all(ids.map((id) => assets.killAsset({ id: id ?? 0n })));
    await page.getByText(`${name}-`).first().waitFor({ state: "detached" });
  };

  // What is made once is not growth.
  for (let number = 0; number < 10; number++) await batch(`warm-${number}`);
  const before = await used(memory);
  for (let number = 0; number < UPDATES / 2 / BATCH; number++) await batch(`live-${number}`);
  const after = await used(memory);
  await context.close();
  report({
    figure: "growth of a list's heap over 10,000 live updates",
    measured: (after / before - 1) * 100,
    target: 20,
    shall: "at most",
    unit: " %",
    detail: `${(before / MIB).toFixed(1)} MiB before, ${(after / MIB).toFixed(1)} MiB after`,
  });
}

/** Bytes of the heap that are in use after the garbage is gone. */
async function used(memory: CDPSession): Promise<number> {
  await memory.send("HeapProfiler.collectGarbage");
  return (await memory.send("Runtime.getHeapUsage")).usedSize;
}
