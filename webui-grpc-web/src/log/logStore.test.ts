import { describe, expect, test, vi } from "vitest";
import type { Batch, Entry, ReadLogs, ReadRequest } from "./entry";
import { LogStore } from "./logStore";
import { PAGE } from "./pages";

const bytes = new TextEncoder();

function entry(offset: number): Entry {
  return { offset, time: offset, source: "stdout", data: bytes.encode(`line ${offset}\n`) };
}

/** A log that tests write to, break and end. */
class FakeLog {
  readonly requests: ReadRequest[] = [];
  size: number;
  ended = false;
  /** The next so many batches break the stream. */
  breaks: unknown[] = [];
  #wake: (() => void)[] = [];

  constructor(size: number) {
    this.size = size;
  }

  change(change: (log: this) => void): void {
    change(this);
    for (const wake of this.#wake.splice(0)) wake();
  }

  readonly read: ReadLogs = async function* (
    this: FakeLog,
    request: ReadRequest,
    signal: AbortSignal,
    onOpen?: () => void,
  ) {
    this.requests.push(request);
    const from = Math.max(request.from ?? 0, request.tail === undefined ? 0 : this.size - request.tail);
    const end = request.limit ? from + request.limit : Number.POSITIVE_INFINITY;
    let next = from;
    onOpen?.();
    while (next < end) {
      if (this.breaks.length > 0) throw this.breaks.shift();
      if (signal.aborted) throw new Error("aborted");
      if (next >= this.size) {
        if (!request.follow || this.ended) return;
        await new Promise<void>((resolve) => {
          this.#wake.push(resolve);
          signal.addEventListener("abort", () => resolve());
        });
        continue;
      }
      const until = Math.min(next + 1000, this.size, end);
      const batch: Batch = { entries: range(next, until).map(entry), next: until };
      next = until;
      await Promise.resolve();
      if (signal.aborted) throw new Error("aborted");
      yield batch;
    }
  }.bind(this);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

const FINAL = new Error("not found");

function open(log: FakeLog, bounds?: { pages: number; bytes: number }): LogStore {
  const store = new LogStore(log.read, {
    isFinal: (error) => error === FINAL,
    wait: async () => {},
    schedule: queueMicrotask,
    ...(bounds && { bounds }),
  });
  store.start();
  return store;
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { interval: 1 });
}

const status = (store: LogStore) => store.getSnapshot().status;
const total = (store: LogStore) => store.getSnapshot().total;
const has = (store: LogStore, ...offsets: number[]) => offsets.every((offset) => store.find(offset)?.offset === offset);

describe("following", () => {
  test("opens a long log at its end, without reading the rest", async () => {
    const log = new FakeLog(1_000_000);
    const store = open(log);
    await until(() => total(store) === 1_000_000);
    expect(status(store)).toBe("live");
    expect(has(store, 999_999, 1_000_000 - PAGE)).toBe(true);
    expect(store.find(0)).toBeUndefined();
    expect(log.requests).toEqual([{ from: 0, follow: true, tail: PAGE }]);
  });

  test("brings what is written, and ends with the task", async () => {
    const log = new FakeLog(0);
    const store = open(log);
    await until(() => status(store) === "live");
    log.change((log) => {
      log.size = 3;
    });
    await until(() => total(store) === 3);
    log.change((log) => {
      log.ended = true;
    });
    await until(() => status(store) === "ended");
    expect(has(store, 0, 1, 2)).toBe(true);
  });

  test("goes on where it was when the stream breaks, without repeats and gaps", async () => {
    const log = new FakeLog(10);
    const store = open(log);
    await until(() => total(store) === 10);
    log.change((log) => {
      log.breaks = [new Error("cut"), new Error("cut")];
      log.size = 12;
    });
    await until(() => total(store) === 12);
    expect(log.requests.map(({ from, tail }) => [from, tail])).toEqual([
      [0, PAGE],
      [10, undefined],
      [10, undefined],
    ]);
    expect(status(store)).toBe("live");
    expect(has(store, ...range(0, 12))).toBe(true);
  });

  test("says so while the master is away", async () => {
    const log = new FakeLog(10);
    let release = () => {};
    const store = new LogStore(log.read, {
      isFinal: () => false,
      schedule: queueMicrotask,
      wait: (_, signal) =>
        new Promise((resolve) => {
          release = resolve;
          signal.addEventListener("abort", () => resolve());
        }),
    });
    log.breaks = [new Error("cut")];
    store.start();
    await until(() => status(store) === "reconnecting");
    release();
    await until(() => status(store) === "live" && total(store) === 10);
    log.change((log) => {
      log.breaks = [new Error("cut")];
    });
    await until(() => status(store) === "reconnecting");
    store.reopen();
    await until(() => status(store) === "live");
  });

  test("gives up where trying again is of no use", async () => {
    const log = new FakeLog(10);
    log.breaks = [FINAL];
    const store = open(log);
    await until(() => status(store) === "failed");
    expect(store.getSnapshot().error).toBe(FINAL);
    expect(log.requests).toHaveLength(1);
  });

  test("skips to the newest entries in a flood", async () => {
    const log = new FakeLog(10);
    const store = open(log);
    await until(() => total(store) === 10);
    log.change((log) => {
      log.size = 500_000;
    });
    await until(() => total(store) === 500_000);
    expect(log.requests.at(-1)?.tail).toBe(PAGE);
    expect(has(store, 0, 499_999)).toBe(true);
    // What was skipped is read when it is looked at.
    store.show(300_000, 300_040);
    await until(() => has(store, ...range(300_000, 300_040)));
  });

  test("is opened anew where it is, should the connection be dead without a sign", async () => {
    const log = new FakeLog(10);
    const store = open(log);
    await until(() => total(store) === 10);
    // Nobody is told of it.
    log.size = 15;
    store.reopen();
    await until(() => total(store) === 15);
    expect(log.requests.at(-1)).toEqual({ from: 10, follow: true });
    expect(status(store)).toBe("live");
  });

  test("stops, and goes on from there", async () => {
    const log = new FakeLog(10);
    const store = open(log);
    await until(() => total(store) === 10);
    store.stop();
    log.change((log) => {
      log.size = 20;
    });
    store.start();
    await until(() => total(store) === 20);
    expect(log.requests.at(-1)).toEqual({ from: 10, follow: true });
  });
});

describe("looking at what is not loaded", () => {
  test("loads the pages of the view and those beside it", async () => {
    const log = new FakeLog(100_000);
    const store = open(log);
    await until(() => total(store) === 100_000);
    store.show(1000, 1040);
    await until(() => has(store, ...range(1000, 1040)));
    const page = Math.floor(1000 / PAGE);
    await until(() => has(store, (page + 2) * PAGE - 1));
    expect(log.requests[1]).toEqual({ from: page * PAGE, limit: PAGE });
    expect(has(store, 0)).toBe(false);
  });

  test("leaves a page that has gone out of view before it came", async () => {
    const log = new FakeLog(100_000);
    const store = open(log);
    await until(() => total(store) === 100_000);
    store.show(10_000, 10_040);
    store.show(50_000, 50_040);
    await until(() => has(store, ...range(50_000, 50_040)));
    expect(store.find(10_000)).toBeUndefined();
  });

  test("tries again where a page breaks", async () => {
    const log = new FakeLog(100_000);
    log.ended = true;
    const store = open(log);
    await until(() => status(store) === "ended");
    log.breaks = [new Error("cut"), new Error("cut")];
    store.show(0, 40);
    await until(() => has(store, 0, 40));
    await until(() => status(store) === "ended");
  });

  test("holds no more than it may, and always what is in view", async () => {
    const log = new FakeLog(1_000_000);
    const store = open(log, { pages: 10, bytes: 1 << 20 });
    await until(() => total(store) === 1_000_000);
    for (let first = 0; first < 100_000; first += 5000) {
      store.show(first, first + 40);
      await until(() => has(store, ...range(first, first + 40)));
      expect(store.held.pages).toBeLessThanOrEqual(12);
    }
  });

  test("does not ask for ever for entries that are not there", async () => {
    const log = new FakeLog(10_000);
    const holed: ReadLogs = async function* (...args) {
      for await (const { entries, next } of log.read(...args)) {
        yield { entries: entries.filter(({ offset }) => offset % 7 !== 0), next };
      }
    };
    const store = new LogStore(holed, { isFinal: () => false, schedule: queueMicrotask });
    store.start();
    await until(() => total(store) === 10_000);
    store.show(0, 40);
    await until(() => has(store, 1, 40));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log.requests.length).toBeLessThan(10);
  });
});
