import { describe, expect, it } from "vitest";
import { type Column, columnsAt, moved, nextSort, sorted, toggled } from "./table";

const columns: Column<number>[] = [
  { id: "n", header: "N", cell: String, compare: (a, b) => a - b },
  { id: "wide", header: "Wide", cell: String, from: 700 },
];

it("columnsAt leaves out what does not fit", () => {
  expect(columnsAt(columns, 699).map(({ id }) => id)).toEqual(["n"]);
  expect(columnsAt(columns, 700).map(({ id }) => id)).toEqual(["n", "wide"]);
});

it("sorted sorts by columns that compare, and keeps the order by others", () => {
  expect(sorted([2, 3, 1], columns, { id: "n", descending: true })).toEqual([3, 2, 1]);
  expect(sorted([2, 3, 1], columns, { id: "wide", descending: true })).toEqual([2, 3, 1]);
});

it("nextSort turns round", () => {
  expect(nextSort("n", undefined)).toEqual({ id: "n", descending: false });
  expect(nextSort("n", { id: "n", descending: false })).toEqual({ id: "n", descending: true });
});

describe("toggled", () => {
  const keys = ["a", "b", "c", "d"];
  it("adds and takes away", () => {
    expect(toggled(new Set(["a"]), keys, 1, undefined)).toEqual(new Set(["a", "b"]));
    expect(toggled(new Set(["a"]), keys, 0, undefined)).toEqual(new Set());
  });
  it("takes all between two clicks, either way round", () => {
    expect(toggled(new Set(["a"]), keys, 2, 0)).toEqual(new Set(["a", "b", "c"]));
    expect(toggled(new Set(["d"]), keys, 1, 3)).toEqual(new Set(["b", "c", "d"]));
  });
  it("knows no row beyond the last", () => expect(toggled(new Set(), keys, 9, undefined)).toEqual(new Set()));
});

it.each([
  ["j", -1, 0],
  ["ArrowDown", 8, 9],
  ["ArrowDown", 9, 9],
  ["k", 0, 0],
  ["PageDown", 3, 9],
  ["Home", 5, 0],
  ["End", 5, 9],
  ["q", 5, undefined],
])("moved: %s at %i → %s", (key, at, to) => expect(moved(key, at, 10, 8)).toBe(to));
