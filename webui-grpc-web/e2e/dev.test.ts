/** `npm run dev`: the page as one changes it, before a real master. */
import { join } from "node:path";
import { createServer, type ViteDevServer } from "vite";
import { Members } from "./cluster";
import { afterAll, beforeAll, expect, shared, test } from "./test";

let server: ViteDevServer;
let dev: Members;

beforeAll(async () => {
  await shared.members("dev-ada");
  await shared.run("dev-ada", "--description", "seen in dev", "--slots", "0", "--", "true");
  process.env.PEDL_MASTER = shared.url;
  const root = join(import.meta.dirname, "..");
  server = await createServer({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0 },
  });
  await server.listen();
  dev = new Members({ ...shared.place, url: `http://127.0.0.1:${server.config.server.port ?? 0}` });
});
afterAll(() => server.close());

// The first page has Vite prepare all that the pages are made with.
test("signs in and lists", { timeout: 180_000 }, async ({ open }) => {
  const address = server.httpServer?.address();
  if (typeof address === "object" && address) dev.place.url = `http://127.0.0.1:${address.port}`;
  const page = await open(dev, "/commands?owner=dev-ada");
  await page.waitForURL(/login|commands/);
  await page
    .getByRole("button", { name: /User menu|Sign in/ })
    .first()
    .waitFor();
  if (page.url().includes("/login")) {
    await page.getByLabel("Username").fill("dev-ada");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }
  await page.getByText("seen in dev").waitFor();
  expect(await page.context().cookies()).toMatchObject([{ name: "pedl_session", httpOnly: true }]);
});
