import { expect, test } from "vitest";
import { parseClusterSearch, poolProblem } from "./search";

test.each([
  [{}, {}],
  [
    { pool: "big", agent: "gpu1" },
    { pool: "big", agent: "gpu1" },
  ],
  [{ pool: "", agent: "" }, {}],
  [{ pool: "a b", agent: 7 }, {}],
])("%j → %j", (search, parsed) => expect(parseClusterSearch(search)).toEqual(parsed));

test("a pool's name", () => {
  expect(["default", "A-1_b.c", "x".repeat(64)].map(poolProblem)).toEqual([undefined, undefined, undefined]);
  expect(["", "a b", "ä", "x".repeat(65)].map(poolProblem)).not.toContain(undefined);
});
