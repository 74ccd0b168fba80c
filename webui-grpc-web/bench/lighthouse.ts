/** What Lighthouse thinks of the list and of a command. */
import { execFile } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { promisify } from "node:util";
import { launch } from "../e2e/browser";
import type { Cluster } from "../e2e/cluster";
import { report } from "./figure";

const CATEGORIES = ["performance", "accessibility"] as const;
const SHOWN = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"];

/** In a folder of its own, so that who only builds the page need not install it. */
const PROGRAM = `${import.meta.dirname}/node_modules/.bin/lighthouse`;

/** What is read of a report. */
interface Result {
  audits: Record<string, { title: string; displayValue?: string } | undefined>;
  categories: Record<string, { score: number | null } | undefined>;
}

export async function measureLighthouse(cluster: Cluster): Promise<void> {
  const id = await cluster.run("pedl", "--", "sh", "-c", "for i in $(seq 1 500); do echo epoch $i; done");
  await cluster.waitFor(id, "COMPLETED");
  for (const [page, path] of [
    ["the list of commands", "/commands"],
    ["a command", `/commands/${id}`],
  ] as const) {
    const { audits, categories } = await look(cluster.url + path);
    const detail = SHOWN.map((audit) => `${audits[audit]?.title}: ${audits[audit]?.displayValue}`).join(", ");
    for (const category of CATEGORIES) {
      report({
        figure: `Lighthouse, desktop: ${category} of ${page}`,
        measured: (categories[category]?.score ?? 0) * 100,
        target: 95,
        shall: "at least",
        unit: "",
        detail,
      });
    }
  }
}

async function look(url: string): Promise<Result> {
  const port = await freePort();
  const browser = await launch([`--remote-debugging-port=${port}`]);
  try {
    const flags = ["--output=json", "--preset=desktop", "--quiet", `--only-categories=${CATEGORIES.join(",")}`];
    const { stdout } = await promisify(execFile)(PROGRAM, [url, `--port=${port}`, ...flags], { maxBuffer: 2 ** 28 });
    return JSON.parse(stdout) as Result;
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
