import { expect, shared, test } from "./test";

test("opens as the default account, with no login", async ({ open }) => {
  const page = await open(shared, "/");
  await expect.poll(() => page.url()).toBe(`${shared.url}/commands`);
});
