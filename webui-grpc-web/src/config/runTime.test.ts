import { expect, test } from "vitest";
import { parseRunTime, printRunTime, runTimeFromProto, runTimeToProto } from "./runTime";

const SECOND = 1_000_000_000n;

// As humantime's parser has it, which is the CLI's.
test.each<[string, bigint | undefined]>([
  ["0", 0n],
  ["0s", 0n],
  ["2h", 7200n * SECOND],
  ["1h30m", 5400n * SECOND],
  [" 1 0 min  5s ", 605n * SECOND],
  ["1M 1m", 2_630_076n * SECOND],
  ["1.50h", 5400n * SECOND],
  ["1. 5s", 1_500_000_000n],
  ["1.0000000001m", 60_000_000_006n],
  ["1.00000000001m", undefined],
  ["0.5us", 500n],
  ["0.5ns", undefined],
  ["1.0ns", undefined],
  ["1.0001h", undefined],
  ["1.d", undefined],
  [".5h", undefined],
  ["1.5.5h", undefined],
  ["", undefined],
  [" ", undefined],
  ["10", undefined],
  ["2h 30", undefined],
  ["2 H", undefined],
  ["h", undefined],
  ["-2h", undefined],
  ["2h+30m", undefined],
  ["2m s", undefined],
  ["9223372036854775807s", ((1n << 63n) - 1n) * SECOND],
  ["9223372036854775808s", undefined],
  ["18446744073709551616ns", undefined],
  ["999999999999y", undefined],
])("%j is read", (text, time) => expect(parseRunTime(text)).toBe(time));

test.each([
  [0n, "0s"],
  [5400n * SECOND, "1h 30m"],
  [604_800n * SECOND, "7d"],
  [90_061n * SECOND + 1_002_003n, "1d 1h 1m 1s 1ms 2us 3ns"],
])("%s is printed", (time, text) => {
  expect(printRunTime(time)).toBe(text);
  expect(parseRunTime(text)).toBe(time);
  expect(runTimeFromProto(runTimeToProto(time))).toBe(time);
});
