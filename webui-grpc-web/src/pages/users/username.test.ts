import { describe, expect, test } from "vitest";
import { displayNameProblem, foldUsername, keepsItsName, usernameProblem } from "./username";

describe("usernameProblem", () => {
  test.each(["ada", "Ada.Lovelace", " ada ", "a@b-c_d", "1", "x".repeat(64)])("takes %j", (name) => {
    expect(usernameProblem(name)).toBeUndefined();
  });
  test.each(["", "ada lovelace", "ädä", "a/b", "a\nb", "a\0", "x".repeat(65)])("refuses %j", (name) => {
    expect(usernameProblem(name)).toBeDefined();
  });
});

test("upper case is folded", () => expect(foldUsername(" Ada.L ")).toBe("ada.l"));

describe("displayNameProblem", () => {
  test.each(["", "Ada Lovelace", "Ådä 🙂", "🙂".repeat(128)])("takes %j", (name) => {
    expect(displayNameProblem(name)).toBeUndefined();
  });
  test.each(["a\nb", "a\u009fb", "x".repeat(129)])("refuses %j", (name) => {
    expect(displayNameProblem(name)).toBeDefined();
  });
});

test("two accounts keep their names", () => {
  expect(["admin", "pedl", "ada"].map(keepsItsName)).toEqual([true, true, false]);
});
