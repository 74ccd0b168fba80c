/** What the first page costs a slow line. */
import type { Browser } from "playwright-core";
import type { Members } from "../e2e/cluster";
import { report } from "./figure";

const KIB = 1024;

export async function measureScripts(browser: Browser, cluster: Members): Promise<void> {
  const context = await browser.newContext({ baseURL: cluster.url });
  const page = await context.newPage();
  const network = await context.newCDPSession(page);
  const types = new Map<string, string>();
  const bytes = new Map<string, number>();
  network.on("Network.responseReceived", ({ requestId, type }) => types.set(requestId, type));
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const type = types.get(requestId) ?? "Other";
    bytes.set(type, (bytes.get(type) ?? 0) + encodedDataLength);
  });
  await network.send("Network.enable");
  await page.goto("/commands");
  await page.getByText("pedl command run").first().waitFor();
  await context.close();
  const kib = (type: string) => (bytes.get(type) ?? 0) / KIB;
  report({
    figure: "scripts that the list of commands loads first, over the wire",
    measured: kib("Script"),
    target: 200,
    shall: "at most",
    unit: " KiB",
    detail: `beside ${kib("Stylesheet").toFixed(0)} KiB of styles and ${kib("Font").toFixed(0)} KiB of fonts`,
  });
}
