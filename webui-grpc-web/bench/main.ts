/** Measures the web UI as a release master serves it. */
import { launch } from "../e2e/browser";
import { Cluster } from "../e2e/cluster";
import { measureHeap } from "./heap";
import { measureLighthouse } from "./lighthouse";
import { measureLog } from "./log";
import { measureScripts } from "./scripts";

export async function main(): Promise<void> {
  const cluster = await Cluster.start();
  // Nothing runs what is asked for there.
  const idle = await Cluster.start({ agents: [] });
  try {
    const browser = await launch();
    await measureScripts(browser, cluster);
    await measureLog(browser, cluster);
    await measureHeap(browser, idle);
    await browser.close();
    await measureLighthouse(cluster);
  } finally {
    await cluster.stop();
    await idle.stop();
  }
}
