import { expect, test } from "vitest";
import { parseSize, printSize, sizeToProto } from "./size";

test.each([
  ["0", 0n],
  ["+12", 12n],
  ["1000", 1000n],
  ["64MiB", 64n << 20n],
  ["64 mib", 64n << 20n],
  ["4g", 4_000_000_000n],
  ["1.5GiB", 1_610_612_736n],
  [".5k", 500n],
  ["5.b", 5n],
  ["9007199254740993B", 9_007_199_254_740_993n],
  ["99999EiB", (1n << 64n) - 1n],
  ["", undefined],
  ["1.5", undefined],
  ["1.2.3k", undefined],
  [".", undefined],
  ["-1", undefined],
  ["1kk", undefined],
  ["1ib", undefined],
  ["GiB", undefined],
  ["99999999999999999999", undefined],
])("%j is read", (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each([
  [0n, "0"],
  [1000n, "1000"],
  [1024n, "1KiB"],
  [1536n << 20n, "1536MiB"],
  [4n << 30n, "4GiB"],
  [1n << 40n, "1024GiB"],
])("%s is printed", (bytes, text) => expect(printSize(bytes)).toBe(text));

test("what does not fit is the most that does", () => {
  expect(sizeToProto((1n << 64n) - 1n)).toBe((1n << 63n) - 1n);
  expect(sizeToProto(undefined)).toBe(0n);
});
