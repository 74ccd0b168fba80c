/** What Lighthouse thinks of the list and of a command. */
import { type AddressInfo, createServer } from "node:net";
import lighthouse, { desktopConfig } from "lighthouse";
import { launch } from "../e2e/browser";
import type { Cluster } from "../e2e/cluster";
import { report } from "./figure";

const CATEGORIES = ["performance", "accessibility"] as const;

export async function measureLighthouse(cluster: Cluster): Promise<void> {
  const id = await cluster.run("pedl", "--", "sh", "-c", "for i in $(seq 1 500); do echo epoch $i; done");
  await cluster.waitFor(id, "COMPLETED");
  for (const [page, path] of [
    ["the list of commands", "/commands"],
    ["a command", `/commands/${id}`],
  ] as const) {
    const scores = await lighthouseScores(cluster.url + path);
    for (const category of CATEGORIES) {
      report({
        figure: `Lighthouse, desktop: ${category} of ${page}`,
        measured: scores[category],
        target: 95,
        shall: "at least",
        unit: "",
        detail: scores.detail,
      });
    }
  }
}

async function lighthouseScores(
  url: string,
): Promise<Record<(typeof CATEGORIES)[number], number> & { detail: string }> {
  const port = await freePort();
  const browser = await launch([`--remote-debugging-port=${port}`]);
  try {
    const flags = { port, output: "json" as const, onlyCategories: [...CATEGORIES], logLevel: "error" as const };
    const run = await lighthouse(url, flags, desktopConfig);
    if (run === undefined) throw new Error(`Lighthouse says nothing of ${url}`);
    const { audits, categories } = run.lhr;
    const score = (category: string) => (categories[category]?.score ?? 0) * 100;
    const shown = [
      "first-contentful-paint",
      "largest-contentful-paint",
      "total-blocking-time",
      "cumulative-layout-shift",
    ];
    const detail = shown.map((audit) => `${audits[audit]?.title}: ${audits[audit]?.displayValue}`).join(", ");
    return { performance: score("performance"), accessibility: score("accessibility"), detail };
  } finally {
    await browser.close();
  }
}

/** A port that nobody listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
