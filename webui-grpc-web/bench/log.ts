/** How soon one sees the end of a long log. */
import type { Browser } from "playwright-core";
import type { Cluster } from "../e2e/cluster";
import { median, report } from "./figure";

const LINES = 1_000_000;
const ROUNDS = 5;

export async function measureLog(browser: Browser, cluster: Cluster): Promise<void> {
  // The last line is not to be found in the command itself, which the page shows too.
  const program = `seq 1 ${LINES - 1}; echo line $((${LINES - 1} + 1)) is the last`;
  const id = await cluster.run("pedl", "--description", "a million lines", "--", "sh", "-c", program);
  await cluster.waitFor(id, "COMPLETED");
  const times: number[] = [];
  // The first round warms the master, as a log that was just written is warm.
  for (let round = 0; round <= ROUNDS; round++) {
    const time = await timeToLastLine(browser, cluster, `/commands/${id}`);
    if (round > 0) times.push(time);
  }
  report({
    figure: "from navigation to the last of 1,000,000 lines of a log",
    measured: median(times),
    target: 1000,
    shall: "at most",
    unit: " ms",
    detail: `${times.map((time) => time.toFixed(0)).join(", ")}; a fresh browser context each`,
  });
}

/** In milliseconds from the start of the navigation, with nothing cached. */
async function timeToLastLine(browser: Browser, cluster: Cluster, path: string): Promise<number> {
  const context = await browser.newContext({ baseURL: cluster.url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(path, { waitUntil: "commit" });
  const seen = await page.waitForFunction(
    (wanted) => {
      // The document is read only after the wait has begun.
      if (!document.body) return false;
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        if (!node.nodeValue?.includes(wanted)) continue;
        const { top, bottom } = node.parentElement?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
        if (top < bottom && bottom <= innerHeight) return performance.now();
      }
      return false;
    },
    `line ${LINES} is the last`,
    { polling: "raf" },
  );
  const time = await seen.jsonValue();
  await context.close();
  return time as number;
}
