import { expect, it } from "vitest";
import { inTurns } from "./inTurns";

it("has at most so many under way, keeps the order, and goes on past failures", async () => {
  let underWay = 0;
  let most = 0;
  const outcomes = await inTurns([1, 2, 3, 4, 5, 6, 7], 4, async (n) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await Promise.resolve();
    underWay -= 1;
    if (n === 3) throw new Error("three");
    return n * 10;
  });
  expect(most).toBe(4);
  expect(outcomes.map(({ result }) => result)).toEqual([10, 20, undefined, 40, 50, 60, 70]);
  expect(outcomes[2]?.error).toEqual(new Error("three"));
});
