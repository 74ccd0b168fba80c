import { describe, expect, test, vi } from "vitest";
import type { ReadLogs } from "./entry";
import { firstFrom, LogSearch, MOST_MATCHES, step } from "./logSearch";

const FINAL = new Error("not found");
const options = { isFinal: (error: unknown) => error === FINAL, wait: async () => {}, schedule: queueMicrotask };

/** A log in which every `nth` entry matches; the master looks at 100 entries a response. */
function logOf(total: () => number, nth: number, breaks: unknown[] = []): { read: ReadLogs; froms: number[] } {
  const froms: number[] = [];
  const read: ReadLogs = async function* ({ from = 0 }) {
    froms.push(from);
    for (let next = from; next < total(); ) {
      const until = Math.min(next + 100, total());
      const offsets = Array.from({ length: until - next }, (_, i) => next + i).filter((offset) => offset % nth === 0);
      yield {
        entries: offsets.map((offset) => ({ offset, time: 0, source: "stdout" as const, data: new Uint8Array() })),
        next: until,
      };
      next = until;
      if (breaks.length > 0) throw breaks.shift();
    }
  };
  return { read, froms };
}

async function settled(search: LogSearch): Promise<void> {
  await vi.waitFor(() => expect(search.getSnapshot().running).toBe(false), { interval: 1 });
}

describe("a search", () => {
  test("finds all, and goes on with what has been written since", async () => {
    let total = 250;
    const { read, froms } = logOf(() => total, 50);
    const search = new LogSearch(read, "x", options);
    void search.search(total);
    await settled(search);
    expect(search.getSnapshot()).toMatchObject({ matches: [0, 50, 100, 150, 200], searched: 250, full: false });
    total = 320;
    await search.search(total);
    expect(froms).toEqual([0, 250]);
    expect(search.getSnapshot()).toMatchObject({ matches: [0, 50, 100, 150, 200, 250, 300], searched: 320 });
    await search.search(total);
    expect(froms).toHaveLength(2);
  });

  test("goes on where it was when the stream breaks", async () => {
    const { read, froms } = logOf(() => 250, 50, [new Error("cut")]);
    const search = new LogSearch(read, "x", options);
    await search.search(250);
    expect(froms).toEqual([0, 100]);
    expect(search.getSnapshot().matches).toEqual([0, 50, 100, 150, 200]);
  });

  test("keeps so many and says so", async () => {
    const { read } = logOf(() => 50_000, 1);
    const search = new LogSearch(read, "x", options);
    await search.search(50_000);
    await settled(search);
    const { matches, full, searched } = search.getSnapshot();
    expect([matches.length, full]).toEqual([MOST_MATCHES, true]);
    expect(searched).toBeLessThan(50_000);
  });

  test("of an empty log is over at once", async () => {
    const search = new LogSearch(logOf(() => 0, 1).read, "x", options);
    await search.search(0);
    await settled(search);
  });

  test("says what went wrong for good", async () => {
    const search = new LogSearch(logOf(() => 250, 50, [FINAL]).read, "x", options);
    await search.search(250);
    await settled(search);
    expect(search.getSnapshot().error).toBe(FINAL);
  });

  test("that is cancelled finds nothing more", async () => {
    const search = new LogSearch(logOf(() => 50_000, 1).read, "x", options);
    const searching = search.search(50_000);
    search.cancel();
    await searching;
    expect(search.getSnapshot().matches.length).toBeLessThan(MOST_MATCHES);
  });
});

test.each([
  [0, 0],
  [10, 0],
  [11, 1],
  [30, 2],
  [31, 3],
])("the first match from %i on", (offset, expected) => {
  expect(firstFrom([10, 20, 30], offset)).toBe(expected);
});

test.each<[number, boolean, number | undefined]>([
  [0, true, 0],
  [10, true, 1],
  [15, true, 1],
  [30, true, 0],
  [99, true, 0],
  [99, false, 2],
  [30, false, 1],
  [10, false, 2],
  [0, false, 2],
])("the match next to %i, forwards: %s", (current, forwards, expected) => {
  expect(step([10, 20, 30], current, forwards)).toBe(expected);
  expect(step([], current, forwards)).toBeUndefined();
});
