/** What people write is text, wherever it is shown. */
import type { Page } from "playwright-core";
import { beforeAll, expect, shared, test } from "./test";

const MARKUP = `<img src=x onerror="document.title='hacked'"><script>document.title='hacked'</script>`;
/** A hyperlink as terminals know it. */
const LINK = "\\033]8;;javascript:document.title=1\\033\\\\\\\\click me\\033]8;;\\033\\\\\\\\";

let id: number;

beforeAll(async () => {
  await shared.members("hostile-eve");
  await shared.ok("-u", "admin", "user", "edit", "hostile-eve", "--display-name", MARKUP);
  const script = `printf '%s\\n' "$0"; printf '${LINK}\\n'; printf '\\033]0;hacked\\007title\\n'; sleep 1000`;
  const options = ["--description", MARKUP, "-e", `EVIL=${MARKUP}`];
  id = await shared.run("hostile-eve", ...options, "--", "sh", "-c", script, MARKUP);
  await shared.waitFor(id, "RUNNING");
  return () => shared.ok("-u", "hostile-eve", "command", "kill", String(id));
});

async function harmless(page: Page): Promise<void> {
  await page.getByText("<script>").first().waitFor();
  expect(await page.locator("img, main script, a[href^='javascript']").count()).toBe(0);
  expect(await page.title()).not.toBe("hacked");
}

test.for(["/commands?owner=all&q=onerror", "/cluster?agent=n0", "/users?q=hostile-eve", "/users?user=hostile-eve"])(
  "on %s",
  async (path, { open }) => {
    const page = await open(shared, path, { as: "admin" });
    if (path.includes("user=")) await page.getByLabel("Display name").waitFor();
    else await harmless(page);
  },
);

test("in a log, a configuration and a confirmation", async ({ open }) => {
  const page = await open(shared, `/commands/${id}`, { as: "hostile-eve" });
  const log = page.getByRole("log");
  await log.getByText(MARKUP).waitFor();
  await log.getByText("click me").waitFor();
  await log.getByText("title", { exact: true }).waitFor();
  await harmless(page);
  await page.getByRole("button", { name: "Kill", exact: true }).click();
  await page.getByRole("dialog").getByText(MARKUP).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Config" }).click();
  await page.getByText("EVIL").first().waitFor();
  await harmless(page);
  await page.getByRole("link", { name: "Launch again" }).click();
  await page.getByRole("heading", { name: "Launch a command" }).waitFor();
  await harmless(page);
});
