import { expect, test } from "vitest";
import { drainWords, killWords, summary } from "./words";

test("draining", () => {
  expect([0, 1, 3].map(drainWords)).toEqual([
    "New tasks go elsewhere. Nothing runs here now.",
    "New tasks go elsewhere; the one that is here goes on to its end.",
    "New tasks go elsewhere; 3 go on to their end.",
  ]);
});

test("killing", () => expect([1, 2].map(killWords)).toEqual(["1 asset is being killed", "2 assets are being killed"]));

test("a cluster in a line", () => {
  const agent = (connected: boolean, usedSlots: number, slots: number) => ({ connected, usedSlots, slots });
  expect(summary([agent(true, 3, 8)])).toBe("1 agent · 3 of 8 slots used");
  expect(summary([agent(true, 3, 8), agent(false, 1, 4), agent(true, 0, 2)])).toBe(
    "3 agents, 1 out of reach · 3 of 10 slots used",
  );
});
