import { expect, test } from "vitest";
import { isLoopback, joinCommand } from "./join";

test("the line names the master as this page was opened", () => {
  expect(joinCommand("https://boss:8080")).toBe(
    "sudo pedl-agent --master https://boss:8080 --token-file /usr/local/pedl/etc/agent-token",
  );
});

test.each([
  ["127.0.0.1", true],
  ["localhost", true],
  ["pedl.localhost", true],
  ["[::1]", true],
  ["boss", false],
  ["10.0.0.5", false],
  ["localhost.example.org", false],
])("%s is loopback: %j", (hostname, loopback) => expect(isLoopback(hostname)).toBe(loopback));
