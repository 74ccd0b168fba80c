import { expect, test } from "vitest";
import { extendTo, formatLines, parseLines } from "./lineHash";

test.each([
  ["#L12", { first: 12, last: 12 }],
  ["L12", { first: 12, last: 12 }],
  ["#L12-L30", { first: 12, last: 30 }],
  ["#L30-12", { first: 12, last: 30 }],
  ["#L0", undefined],
  ["#L", undefined],
  ["#L-3", undefined],
  ["#x", undefined],
  ["", undefined],
  ["#L99999999999999999999", undefined],
])("%s", (hash, lines) => {
  expect(parseLines(hash)).toEqual(lines);
});

test("is written as it is read", () => {
  expect(formatLines({ first: 3, last: 3 })).toBe("L3");
  expect(formatLines({ first: 3, last: 9 })).toBe("L3-L9");
});

test("grows to another line", () => {
  expect(extendTo(undefined, 5)).toEqual({ first: 5, last: 5 });
  expect(extendTo({ first: 5, last: 5 }, 9)).toEqual({ first: 5, last: 9 });
  expect(extendTo({ first: 5, last: 9 }, 7)).toEqual({ first: 5, last: 7 });
  expect(extendTo({ first: 5, last: 9 }, 2)).toEqual({ first: 2, last: 9 });
});
