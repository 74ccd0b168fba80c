import { expect, test } from "vitest";
import { tokenNameProblem } from "./token";

test.each(["", "nightly", "Nächtlich 🙂", "🙂".repeat(64)])("takes %j", (name) => {
  expect(tokenNameProblem(name)).toBeUndefined();
});

test.each(["a\nb", "a\u007fb", "x".repeat(65)])("refuses %j", (name) => {
  expect(tokenNameProblem(name)).toBeDefined();
});
