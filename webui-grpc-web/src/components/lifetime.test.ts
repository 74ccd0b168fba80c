import { describe, expect, test } from "vitest";
import { lifetimeProblem, lifetimeWords, parseLifetime } from "./lifetime";

describe("parseLifetime", () => {
  test.each([
    ["30m", 1800],
    ["24h", 86_400],
    ["7d", 604_800],
    [" 7 days ", 604_800],
    ["1 week", 604_800],
    ["1h 30m", 5400],
    ["1h30m", 5400],
    ["90S", 90],
    ["2 mins", 120],
    ["", null],
    ["7", null],
    ["d", null],
    ["-7d", null],
    ["1.5h", null],
    ["7x", null],
    ["7d,", null],
    ["7d or so", null],
    ["99999999999999999d", null],
  ])("%j → %j", (text, seconds) => expect(parseLifetime(text)).toBe(seconds));
});

describe("lifetimeWords", () => {
  test.each([
    [60, "1 minute"],
    [5400, "90 minutes"],
    [86_400, "1 day"],
    [366 * 86_400, "366 days"],
    [61, "61 seconds"],
    [0, "0 seconds"],
  ])("%d → %j", (seconds, words) => expect(lifetimeWords(seconds)).toBe(words));
});

describe("lifetimeProblem", () => {
  test.each([
    ["1m", undefined],
    ["30d", undefined],
    ["59s", "1 minute to 30 days."],
    ["31d", "1 minute to 30 days."],
    ["soon", "A length of time like 30m, 24h or 7d."],
  ])("%j → %j", (text, problem) => expect(lifetimeProblem(text, 60, 30 * 86_400)).toBe(problem));
});
