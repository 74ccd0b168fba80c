/** Pages that are not the master's. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, shared, test } from "./test";

let server: Server;
let evil: string;

beforeAll(async () => {
  server = createServer((_, answer) =>
    answer.setHeader("content-type", "text/html").end("<!doctype html><title>evil</title>"),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  // Browsers take another port of the same host for the same site: the cookie goes with the calls.
  evil = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await shared.members("wronged");
});

afterAll(() => {
  server.close();
});

test("a call from another origin, with the cookie, is refused", async ({ open, faults }) => {
  faults.expect(/request to|CORS|ERR_FAILED|status of 403/);
  const page = await open(shared, "/commands", { as: "wronged" });
  await page.goto(evil);
  const url = `${shared.url}/pedl.v1.SessionService/GetCurrentSession`;
  const network = await page.context().newCDPSession(page);
  // By request: that for the page itself may be heard of late.
  const cookies = new Map<string, string[]>();
  const statuses = new Map<string, number>();
  network.on("Network.requestWillBeSentExtraInfo", ({ requestId, associatedCookies }) => {
    const sent = associatedCookies.filter(({ blockedReasons }) => blockedReasons.length === 0);
    cookies.set(
      requestId,
      sent.map(({ cookie }) => cookie.name),
    );
  });
  network.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => statuses.set(requestId, statusCode));
  const called = new Promise<string>((resolve) => {
    network.on("Network.requestWillBeSent", ({ requestId, request }) => request.url === url && resolve(requestId));
  });
  await network.send("Network.enable");
  const answer = await page.evaluate(async (url) => {
    const body = new Uint8Array(5);
    return fetch(url, { method: "POST", credentials: "include", body }).then(({ status }) => status, String);
  }, url);
  expect(answer).toContain("TypeError");
  const call = await called;
  await expect.poll(() => statuses.get(call)).toBeGreaterThanOrEqual(400);
  await expect.poll(() => cookies.get(call)).toEqual(["pedl_session"]);
});

test("a form of another origin changes nothing", async ({ open, faults }) => {
  faults.expect(/request to|CORS|ERR_|status of 4/);
  const page = await open(shared, "/commands", { as: "wronged" });
  await page.goto(evil);
  await page.evaluate(async (master) => {
    for (const type of ["application/grpc-web+proto", "text/plain", "application/x-www-form-urlencoded"]) {
      const options = { method: "POST", credentials: "include", mode: "no-cors" } as const;
      const body = new Blob([new Uint8Array(5)], { type });
      await fetch(`${master}/pedl.v1.SessionService/Logout`, { ...options, body }).catch(() => undefined);
    }
  }, shared.url);
  await page.goto(`${shared.url}/account`);
  await page.getByRole("button", { name: "User menu: wronged" }).waitFor();
});

test("nobody shows the page in a frame", async ({ open, faults }) => {
  faults.expect(/request to|frame|ERR_BLOCKED/i);
  const page = await open(shared, "/commands", { as: "wronged" });
  await page.goto(evil);
  await page.evaluate((master) => {
    const frame = document.createElement("iframe");
    frame.src = `${master}/commands`;
    return new Promise((loaded) => {
      frame.onload = loaded;
      document.body.append(frame);
    });
  }, shared.url);
  expect(page.frames().map((frame) => frame.url())).not.toContain(`${shared.url}/commands`);
});

test("what browsers are told with every answer", async ({ open }) => {
  const page = await open(shared, "/commands");
  const answer = await page.reload();
  expect(await answer?.allHeaders()).toMatchObject({
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
  const policy = (await answer?.headerValue("content-security-policy")) ?? "";
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toMatch(/style-src 'self' 'nonce-[^']{22,}'$/);
  expect(policy).not.toContain("unsafe");
});
