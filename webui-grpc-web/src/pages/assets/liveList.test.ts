import { describe, expect, it } from "vitest";
import { AssetKind, AssetOrder, AssetState } from "../../gen/pedl/v1/asset_pb";
import { type Event, emptyList, type Hold, type LiveList, maxWaiting, step } from "./liveList";
import { compareBy } from "./order";
import type { Row } from "./row";

const free: Hold = { inserts: false, removals: false };
const held: Hold = { inserts: true, removals: true };
const scrolled: Hold = { inserts: true, removals: false };

function row(id: number, change: Partial<Row> = {}): Row {
  return {
    id,
    kind: AssetKind.COMMAND,
    owner: "ada",
    description: `command ${id}`,
    state: AssetState.RUNNING,
    reason: "",
    agent: "",
    exitCode: undefined,
    createdAt: id,
    startedAt: undefined,
    endedAt: undefined,
    ...change,
  };
}

const rows = (...ids: number[]) => ids.map((id) => row(id));
const changed = (list: Row[], removed: number[] = [], hold = free): Event => ({
  type: "changed",
  rows: list,
  removed,
  hold,
});
const first = (ids: number[], whole = true): Event => ({ type: "first", rows: rows(...ids), whole });

function run(events: Event[], order = AssetOrder.UNSPECIFIED): LiveList {
  const compare = compareBy(order);
  return events.reduce((list, event) => step(list, event, compare), emptyList);
}

/** `9* 8 7†`: nine is fresh, seven a ghost; `+2`: two wait. */
function shown(list: LiveList): string {
  const marks = list.rows.map(({ id }) => `${id}${list.fresh.has(id) ? "*" : ""}${list.ghosts.has(id) ? "†" : ""}`);
  return [...marks, ...(list.waiting.size > 0 ? [`+${list.waiting.size}`] : [])].join(" ");
}

describe("what is shown", () => {
  it.each<[string, Event[], string]>([
    ["a list", [first([3, 2, 1])], "3 2 1"],
    ["a next page", [first([5, 4], false), { type: "page", rows: rows(3, 2), whole: true }], "5 4 3 2"],
    ["a page that overlaps", [first([5, 4], false), { type: "page", rows: rows(4, 3), whole: true }], "5 4 3"],
    ["a new row slides in", [first([2, 1]), changed(rows(3))], "3* 2 1"],
    ["a new row into an empty list", [first([]), changed(rows(3))], "3*"],
    ["a new row waits while it is held", [first([2, 1]), changed(rows(3), [], held)], "2 1 +1"],
    ["and comes when it may", [first([2, 1]), changed(rows(3), [], held), { type: "settle", hold: free }], "3* 2 1"],
    ["what waits and goes never comes", [first([1]), changed(rows(2), [], held), changed([], [2], held)], "1"],
    ["a removed row goes", [first([2, 1]), changed([], [2])], "1"],
    ["a removed row is a ghost while it is held", [first([2, 1]), changed([], [2], held)], "2† 1"],
    [
      "and goes when the pointer leaves",
      [first([2, 1]), changed([], [2], held), { type: "settle", hold: scrolled }],
      "1",
    ],
    ["a ghost that comes back lives", [first([2, 1]), changed([], [2], held), changed(rows(2), [], held)], "2 1"],
    ["what was never shown is not removed", [first([2, 1]), changed([], [77])], "2 1"],
    ["a row that is back in the filter finds its place", [first([9, 5, 1]), changed(rows(7))], "9 7* 5 1"],
    ["what a later page will bring does not come now", [first([9, 8], false), changed(rows(3))], "9 8"],
    ["news cools", [first([1]), changed(rows(2)), { type: "cool" }], "2 1"],
    [
      "a page brings what waits",
      [first([9, 5], false), changed(rows(7), [], held), { type: "page", rows: rows(7, 4), whole: true }],
      "9 5 7 4",
    ],
    ["each batch has its own news", [first([1]), changed(rows(2)), changed(rows(3))], "3* 2 1"],
  ])("%s", (_, events, text) => expect(shown(run(events))).toBe(text));
});

it("updates a row in place, and leaves the others the objects that they are", () => {
  const before = run([first([3, 2, 1])]);
  const after = step(before, changed([row(2, { state: AssetState.COMPLETED })]), compareBy(AssetOrder.UNSPECIFIED));
  expect(after.rows[1]?.state).toBe(AssetState.COMPLETED);
  expect(after.rows[0]).toBe(before.rows[0]);
  expect(after.at).toBe(before.at);
});

describe("in other orders", () => {
  it("oldest first: a new row comes last, where the end is shown", () => {
    expect(shown(run([first([1, 2]), changed(rows(3))], AssetOrder.OLDEST))).toBe("1 2 3*");
    expect(shown(run([first([1, 2], false), changed(rows(3))], AssetOrder.OLDEST))).toBe("1 2");
  });
  it("by description: bytes of UTF-8 decide", () => {
    const list = ["\u{1F600}", "\uFF5E", "b", "a"].map((description, i) => row(i, { description }));
    const { rows: sorted } = run([{ type: "first", rows: [], whole: true }, changed(list)], AssetOrder.DESCRIPTION);
    expect(sorted.map(({ description }) => description)).toEqual(["a", "b", "\uFF5E", "\u{1F600}"]);
  });
  it("a row that ends moves when it may, and stays in place while it is held", () => {
    const ended = row(3, { state: AssetState.COMPLETED, endedAt: 50 });
    const start = first([3, 2, 1]);
    expect(shown(run([start, changed([ended])], AssetOrder.ENDED_LAST))).toBe("2 1 3");
    expect(shown(run([start, changed([ended], [], held)], AssetOrder.ENDED_LAST))).toBe("3 2 1");
    const released: Event = { type: "settle", hold: free };
    expect(shown(run([start, changed([ended], [], held), released], AssetOrder.ENDED_LAST))).toBe("2 1 3");
  });
});

it("stays small over very many changes", () => {
  const compare = compareBy(AssetOrder.UNSPECIFIED);
  let list = run([first(Array.from({ length: 100 }, (_, i) => 100 - i))]);
  for (let i = 0; i < 20_000; i += 1) {
    const id = (i % 100) + 1;
    list = step(list, changed([row(id, { reason: `${i}` }), row(1000 + i)], [], held), compare);
  }
  expect(list.rows).toHaveLength(100);
  expect(list.waiting.size).toBe(maxWaiting);
  expect(list.overflow).toBe(true);
});
