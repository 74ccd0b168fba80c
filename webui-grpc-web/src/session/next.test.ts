import { expect, it } from "vitest";
import { safeNext } from "./next";

const origin = "http://master:8080";

it.each([
  ["/commands/42", "/commands/42"],
  ["/commands?owner=all&state=running#log", "/commands?owner=all&state=running#log"],
  ["/", "/"],
  [undefined, "/"],
  ["", "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["/\t/evil.example", "/"],
  ["/\n/evil.example", "/"],
  ["/./%2e%2e//evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["commands", "/"],
  ["/login?next=/x", "/"],
])("%s → %s", (next, path) => expect(safeNext(next, origin)).toBe(path));
