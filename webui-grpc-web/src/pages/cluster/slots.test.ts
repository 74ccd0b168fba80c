import { describe, expect, test } from "vitest";
import { type Holder, layOut, slotWords } from "./slots";

/** `ada:2 bob:1` in the order of their ids. */
function holders(text: string): Holder[] {
  const words = text.split(" ").filter((word) => word !== "");
  return words.map((word, index) => {
    const [owner = "", slots = "1"] = word.split(":");
    return { id: BigInt(index + 1), owner, slots: Number(slots) };
  });
}

/** `a` for a slot of ada's, `?` for one of nobody known, `.` for a free one; a bar: its segments. */
function drawn(total: number, used: number, held: Holder[]): string {
  const layout = layOut(total, used, held);
  const letter = (owner: string | null) => owner?.charAt(0) ?? "?";
  if (layout.kind === "bar") return layout.segments.map(({ owner, slots }) => `${letter(owner)}${slots}`).join(" ");
  return layout.cells.map((cell) => (cell.used ? letter(cell.owner) : ".")).join("");
}

describe("layOut", () => {
  test.each([
    [4, 0, "", "...."],
    [4, 3, "ada:2 bob:1", "aab."],
    [4, 4, "ada:1 bob:2 ada:1", "aabb"],
    [4, 3, "ada:1", "a??."],
    [4, 1, "ada:3", "a..."],
    [2, 5, "ada:5", "aa"],
    [4, 1, "ada:0 bob:1", "b..."],
    [0, 0, "ada:0", ""],
    [64, 1, "ada:1", `a${".".repeat(63)}`],
    [65, 1, "ada:1", "a1"],
    [128, 96, "ada:64 bob:16", "a64 b16 ?16"],
  ])("%d slots, %d used by %j", (total, used, held, picture) => {
    expect(drawn(total, used, holders(held))).toBe(picture);
  });

  test("does not depend on the order in which the master tells", () => {
    const held = holders("ada:2 bob:1 cy:1");
    expect(drawn(6, 4, [...held].reverse())).toBe(drawn(6, 4, held));
  });
});

test.each([
  [8, 5, "GPU", "ada:3 bob:2", "5 of 8 GPUs used: ada 3, bob 2"],
  [1, 0, "CPU slot", "", "0 of 1 CPU slot used"],
  [4, 2, "CPU slot", "ada:1", "2 of 4 CPU slots used: ada 1, others 1"],
])("%d slots, %d used, in words", (total, used, unit, held, words) => {
  expect(slotWords(total, used, unit, holders(held))).toBe(words);
});
