import { expect, test } from "vitest";
import { asideOf, conditionOf, verbsFor } from "./condition";

/** `c`: connected, `e`: enabled, `d`: draining. */
const agent = (flags: string) => ({
  connected: flags.includes("c"),
  enabled: flags.includes("e"),
  draining: flags.includes("d"),
});

test.each([
  ["ce", "connected", null, ["drain", "disable"]],
  ["cd", "draining", null, ["enable", "disable"]],
  ["c", "disabled", null, ["enable"]],
  ["e", "away", null, ["drain", "disable"]],
  ["d", "away", "draining", ["enable", "disable"]],
  ["", "away", "disabled", ["enable"]],
])("%j is %s", (flags, condition, aside, verbs) => {
  expect(conditionOf(agent(flags))).toBe(condition);
  expect(asideOf(agent(flags))).toBe(aside);
  expect(verbsFor(agent(flags))).toEqual(verbs);
});
