import { expect, test } from "vitest";
import { endedWords, mismatch } from "./password";

test.each([
  ["", "", undefined],
  ["a b", "a b", undefined],
  ["é", "e\u0301", "These are not the same."],
  ["secret", "", "Type it here a second time."],
  ["", "secret", "These are not the same."],
])("%j and %j", (password, again, problem) => expect(mismatch({ password, again })).toBe(problem));

test.each([
  [0, "No other session was open."],
  [1, "1 other session or access token ended."],
  [2, "2 other sessions and access tokens ended."],
])("%d ended", (ended, words) => expect(endedWords(ended)).toBe(words));
