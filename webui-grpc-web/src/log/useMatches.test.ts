import { expect, test } from "vitest";
import { countOf } from "./useMatches";

const state = { matches: [10, 20, 30], searched: 50, running: false, full: false, error: undefined };

test.each([
  ["found", state, undefined, "3"],
  ["at one of them", state, 20, "2 of 3"],
  ["under way", { ...state, running: true }, 10, "1 of 3 · 50 %"],
  ["nothing", { ...state, matches: [] }, undefined, "None"],
  ["more than are kept", { ...state, full: true }, 30, "3 of 3+"],
  ["failed", { ...state, error: new Error("no") }, undefined, "Failed"],
])("a search in words: %s", (_, state, current, words) => {
  expect(countOf(state, current, 100)).toBe(words);
});
