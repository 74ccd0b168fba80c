import { expect, it } from "vitest";
import { grouped, type Item, matching, numberIn, rank } from "./paletteItems";

const item = (label: string, group = "Go to"): Item => ({ id: label, group, label, icon: "right", run: () => {} });

it.each([
  ["Commands", "com", true],
  ["Commands", "mand", true],
  ["Launch a command", "command launch", true],
  ["Commands", "x", false],
  ["Commands", "", true],
])("rank: %s, typed %s", (text, typed, fits) => expect(rank(text, typed) !== undefined).toBe(fits));

it("matching prefers starts of words", () => {
  const items = [item("Recommend"), item("Launch a command"), item("Commands")];
  expect(matching(items, "com", 9).map(({ label }) => label)).toEqual(["Commands", "Launch a command", "Recommend"]);
  expect(matching(items, "com", 1)).toHaveLength(1);
});

it.each([
  ["42", "42"],
  [" #42 ", "42"],
  ["4 2", undefined],
  ["42x", undefined],
  ["", undefined],
])("numberIn %j: %s", (typed, id) => expect(numberIn(typed)).toBe(id));

it("grouped keeps the groups' order", () =>
  expect(grouped([item("a", "x"), item("b", "y"), item("c", "x")]).map(([g, l]) => [g, l.length])).toEqual([
    ["x", 2],
    ["y", 1],
  ]));
