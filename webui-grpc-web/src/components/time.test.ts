import { describe, expect, it } from "vitest";
import { durationText, exactly, relative } from "./time";

const now = Date.UTC(2026, 10, 27, 12, 0, 0);

describe("relative", () => {
  it.each([
    [0, "just now"],
    [-5, "just now"],
    [42, "42 s ago"],
    [60, "1 min ago"],
    [3599, "59 min ago"],
    [3600, "1 h ago"],
    [86_400, "1 day ago"],
    [3 * 86_400, "3 days ago"],
    [-3 * 86_400, "in 3 days"],
    [-90, "in 1 min"],
  ])("%i s before now: %s", (seconds, text) => expect(relative(now - seconds * 1000, now)).toBe(text));

  it("names the year where it is another", () => expect(relative(Date.UTC(2024, 2, 12), now)).toContain("2024"));
});

describe("durationText", () => {
  it.each([
    [-5, "0.0 s"],
    [440, "0.4 s"],
    [9990, "9.9 s"],
    [42_500, "42 s"],
    [185_000, "3 min 05 s"],
    [8_040_000, "2 h 14 min"],
    [3 * 86_400_000 + 4 * 3_600_000, "3 d 4 h"],
  ])("%i ms: %s", (ms, text) => expect(durationText(ms)).toBe(text));
});

it("tells the exact time in UTC too", () => expect(exactly(now)).toContain("2026-11-27 12:00:00 UTC"));
