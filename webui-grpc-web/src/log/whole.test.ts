import { expect, test } from "vitest";
import type { ReadLogs, ReadRequest } from "./entry";
import { plainLines, wholeLog } from "./whole";

const bytes = new TextEncoder();

function logOf(lines: string[], breaks: unknown[] = []): { read: ReadLogs; requests: ReadRequest[] } {
  const requests: ReadRequest[] = [];
  const read: ReadLogs = async function* (request) {
    requests.push(request);
    const { from = 0, limit = 0 } = request;
    for (let offset = from; offset < lines.length && (limit === 0 || offset < from + limit); offset++) {
      const data = bytes.encode(lines[offset]);
      yield { entries: [{ offset, time: 0, source: "stdout", data }], next: offset + 1 };
      if (breaks.length > 0) throw breaks.shift();
    }
  };
  return { read, requests };
}

const signal = () => new AbortController().signal;
const again = { isFinal: () => false, wait: async () => {} };

test("a whole log is what was written, however often the stream breaks", async () => {
  const { read, requests } = logOf(["a\r", "\x1b[1mb\n", "c\xff"], [new Error("cut"), new Error("cut")]);
  const seen: number[] = [];
  const whole = await wholeLog(read, { ...again, signal: signal(), onProgress: (n) => seen.push(n) });
  expect(await whole.text()).toBe("a\r\x1b[1mb\nc\xff");
  expect(requests.map(({ from }) => from)).toEqual([0, 1, 2]);
  expect(seen).toEqual([1, 2, 3]);
});

test("some lines are copied without colours", async () => {
  const { read } = logOf(["a\n", "\x1b[1mb\n", "10%\r99%\n", "d\n"], [new Error("cut")]);
  expect(await plainLines(read, 1, 2, { ...again, signal: signal() })).toBe("b\n99%");
});

test("what is of no use to try again is an error", async () => {
  const { read } = logOf(["a\n"], [new Error("gone")]);
  await expect(wholeLog(read, { ...again, isFinal: () => true, signal: signal() })).rejects.toThrow("gone");
});

test("a cancelled one is no log", async () => {
  const abort = new AbortController();
  const { read } = logOf(["a\n", "b\n"]);
  const whole = wholeLog(read, { ...again, signal: abort.signal, onProgress: () => abort.abort() });
  await expect(whole).rejects.toThrow();
});
