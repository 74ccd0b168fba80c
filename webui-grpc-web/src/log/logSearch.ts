import type { ReadLogs } from "./entry";
import { Backoff, childOf, nextFrame, type Wait, wait } from "./pace";

/** So many matches are kept: who has more narrows the text. */
export const MOST_MATCHES = 10_000;

/** The longest text that ReadLogs takes, in characters. */
export const LONGEST_TEXT = 256;

export interface SearchState {
  /** The offsets of the entries that match, in order; grows in place. */
  readonly matches: readonly number[];
  /** How far the search has come: the first entry that it has not looked at. */
  readonly searched: number;
  readonly running: boolean;
  /** Whether there may be more matches than are kept. */
  readonly full: boolean;
  readonly error: unknown;
}

interface Options {
  readonly isFinal: (error: unknown) => boolean;
  readonly wait?: Wait;
  readonly schedule?: (action: () => void) => void;
}

/** A search of a log for one text, from its start on, by the master. */
export class LogSearch {
  readonly text: string;
  readonly #read: ReadLogs;
  readonly #options: Options;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #matches: number[] = [];
  #searched = 0;
  #running = false;
  #error: unknown;
  #snapshot: SearchState = { matches: this.#matches, searched: 0, running: true, full: false, error: undefined };
  #announced = false;

  constructor(read: ReadLogs, text: string, options: Options) {
    this.#read = read;
    this.text = text;
    this.#options = options;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): SearchState => this.#snapshot;

  /** Searches what has not been searched yet of a log of `total` entries. */
  async search(total: number): Promise<void> {
    const signal = this.#abort.signal;
    if (this.#running || signal.aborted || this.#full || this.#error !== undefined) return;
    if (total <= this.#searched) {
      if (this.#snapshot.running) this.#announce();
      return;
    }
    this.#running = true;
    this.#announce();
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await this.#searchOnce(backoff);
        break;
      } catch (error) {
        if (signal.aborted) return;
        if (this.#options.isFinal(error)) {
          this.#error = error;
          break;
        }
        await (this.#options.wait ?? wait)(backoff.next(), signal);
      }
    }
    this.#running = false;
    this.#announce();
  }

  /** Ends the search: another text is looked for. */
  cancel(): void {
    this.#abort.abort();
  }

  get #full(): boolean {
    return this.#matches.length >= MOST_MATCHES;
  }

  async #searchOnce(backoff: Backoff): Promise<void> {
    const stream = childOf(this.#abort.signal);
    try {
      for await (const batch of this.#read({ from: this.#searched, text: this.text }, stream.signal)) {
        if (stream.signal.aborted) return;
        backoff.reset();
        for (const { offset } of batch.entries) {
          if (offset >= this.#searched && !this.#full) this.#matches.push(offset);
        }
        this.#searched = Math.max(this.#searched, batch.next);
        this.#announce();
        if (this.#full) return;
      }
    } finally {
      stream.abort();
    }
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    (this.#options.schedule ?? nextFrame)(() => {
      this.#announced = false;
      this.#snapshot = {
        matches: this.#matches,
        searched: this.#searched,
        running: this.#running,
        full: this.#full,
        error: this.#error,
      };
      for (const listener of this.#listeners) listener();
    });
  }
}

/** The place in `matches` of the first one at or after `offset`. */
export function firstFrom(matches: readonly number[], offset: number): number {
  let low = 0;
  let high = matches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((matches[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the next match after `current`, or the one before it; at the ends it goes round. */
export function step(matches: readonly number[], current: number, forwards: boolean): number | undefined {
  if (matches.length === 0) return undefined;
  const at = forwards ? firstFrom(matches, current + 1) : firstFrom(matches, current) - 1;
  return (at + matches.length) % matches.length;
}
