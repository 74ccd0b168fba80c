import { expect, test } from "vitest";
import { parseId, tabOf } from "./search";

test.each([
  [{}, "log"],
  [{ tab: "config" }, "config"],
  [{ tab: "events" }, "events"],
  [{ tab: "Config" }, "log"],
  [{ tab: 7 }, "log"],
] as const)("%o", (search, tab) => {
  expect(tabOf(search)).toBe(tab);
});

test.each([
  ["42", 42n],
  ["0", undefined],
  ["042", undefined],
  ["-1", undefined],
  ["1e3", undefined],
  ["new", undefined],
  ["9999999999999999", undefined],
])("%s", (text, id) => {
  expect(parseId(text)).toBe(id);
});
