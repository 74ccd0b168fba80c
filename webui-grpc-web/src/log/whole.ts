import type { ReadLogs } from "./entry";
import { plainOf } from "./line";
import { Backoff, childOf, type Wait, wait } from "./pace";

/** So many bytes are handed to the browser at a time: what is in a Blob it can keep on its disk. */
const PART = 8 << 20;

interface Options {
  readonly signal: AbortSignal;
  readonly isFinal: (error: unknown) => boolean;
  /** Told how many entries have been read. */
  readonly onProgress?: (entries: number) => void;
  readonly wait?: Wait;
}

/** Reads a whole log, as written. Goes on where it was when the connection breaks. */
export async function wholeLog(read: ReadLogs, options: Options): Promise<Blob> {
  let whole = new Blob([], { type: "text/plain" });
  let parts: BlobPart[] = [];
  let bytes = 0;
  await readAll(read, { from: 0 }, options, (data) => {
    parts.push(data as Uint8Array<ArrayBuffer>);
    bytes += data.length;
    if (bytes < PART) return;
    whole = new Blob([whole, ...parts], { type: whole.type });
    parts = [];
    bytes = 0;
  });
  return new Blob([whole, ...parts], { type: whole.type });
}

/** Reads some lines as text without colours, for copying. */
export async function plainLines(read: ReadLogs, from: number, count: number, options: Options): Promise<string> {
  const lines: string[] = [];
  await readAll(read, { from, limit: count }, options, (data, source, offset) => {
    if (offset < from + count) lines.push(plainOf({ data, source, offset, time: 0 }));
  });
  return lines.join("\n");
}

type Take = (data: Uint8Array, source: "stdout" | "stderr" | "system", offset: number) => void;

async function readAll(
  read: ReadLogs,
  { from, limit }: { from: number; limit?: number },
  { signal, isFinal, onProgress, wait: pause = wait }: Options,
  take: Take,
): Promise<void> {
  const backoff = new Backoff();
  const end = limit === undefined ? Number.POSITIVE_INFINITY : from + limit;
  let next = from;
  while (true) {
    const stream = childOf(signal);
    try {
      const request = { from: next, ...(limit !== undefined && { limit: end - next }) };
      for await (const batch of read(request, stream.signal)) {
        for (const { data, source, offset } of batch.entries) if (offset >= next) take(data, source, offset);
        next = Math.max(next, batch.next);
        backoff.reset();
        onProgress?.(next - from);
        if (next >= end) break;
      }
      signal.throwIfAborted();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (isFinal(error)) throw error;
      await pause(backoff.next(), signal);
    } finally {
      stream.abort();
    }
  }
}
