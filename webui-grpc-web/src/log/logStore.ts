import type { Batch, Entry, ReadLogs } from "./entry";
import type { Carry } from "./line";
import { Backoff, childOf, nextFrame, type Wait, wait } from "./pace";
import { type Bounds, PAGE, Pages } from "./pages";

/** How a log's reading stands. */
export type Status = "opening" | "live" | "reconnecting" | "ended" | "failed";

export interface Snapshot {
  /** Another one for everything that could be seen to change. */
  readonly version: number;
  /** How many entries the log has. */
  readonly total: number;
  readonly status: Status;
  /** Why reading has failed for good. */
  readonly error: unknown;
}

export interface Options {
  /** Whether trying again is of no use. */
  readonly isFinal: (error: unknown) => boolean;
  readonly wait?: Wait;
  /** Puts an update off to where it is wanted; many become one. */
  readonly schedule?: (action: () => void) => void;
  readonly bounds?: Bounds;
}

/** After so many entries in one go it is better to skip to the newest ones: those in between are read when looked at. */
const FLOOD = 10_000;
/** The pause before that, in milliseconds. */
const FLOOD_PAUSE = 250;
/** A connection may die without a sign: after so many milliseconds of silence it is made anew. */
const SILENCE = 60_000;
/** While the view moves, no page is asked for more often, in milliseconds. */
const FETCH_PAUSE = 60;

/** A log as an array that is only partly in memory, and grows. Knows nothing of how it is shown. */
export class LogStore {
  readonly #read: ReadLogs;
  readonly #isFinal: (error: unknown) => boolean;
  readonly #wait: Wait;
  readonly #schedule: (action: () => void) => void;
  readonly #pages: Pages;
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot = { version: 0, total: 0, status: "opening", error: undefined };
  #announced = false;

  #total = 0;
  #opened = false;
  #ended = false;
  #failure: { error: unknown } | undefined;
  /** Which of the two readers have lost the master. */
  readonly #away = new Set<"follow" | "fetch">();

  #view: readonly [number, number] = [0, 0];
  #running: AbortController | undefined;
  #retry = new AbortController();
  #fetching: { page: number; abort: AbortController } | undefined;
  #fetchLoop = false;
  /** Pages that the master has read to the end without bringing all: asking again would bring no more. */
  readonly #holed = new Set<number>();

  constructor(read: ReadLogs, options: Options) {
    this.#read = read;
    this.#isFinal = options.isFinal;
    this.#wait = options.wait ?? wait;
    this.#schedule = options.schedule ?? nextFrame;
    this.#pages = new Pages(options.bounds);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** How much is in memory. */
  get held(): { pages: number; bytes: number } {
    return { pages: this.#pages.size, bytes: this.#pages.bytes };
  }

  find(offset: number): Entry | undefined {
    return this.#pages.find(offset);
  }

  carry(offset: number): Carry {
    return this.#pages.carry(offset);
  }

  /** Follows the log, from its end or from where it was stopped. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    if (!this.#ended) void this.#follow(this.#running.signal);
    this.#fetchMissing();
  }

  /** Reads nothing more, until started again. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#away.clear();
  }

  /** Opens the log anew where it is: at once where that waits, and where the connection may be dead without a sign. */
  reopen(): void {
    this.#retry.abort();
    this.#retry = new AbortController();
  }

  /** Tells which entries are looked at: they are loaded. */
  show(first: number, last: number): void {
    this.#view = [first, last];
    this.#fetchMissing();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    let skip = this.#total === 0;
    while (!signal.aborted) {
      const stream = childOf(signal);
      try {
        const outcome = await this.#followOnce(stream, skip, () => {
          backoff.reset();
          this.#opened = true;
          this.#setAway("follow", false);
        });
        if (signal.aborted) return;
        if (outcome === "ended") {
          this.#ended = true;
          this.#opened = true;
          this.#setAway("follow", false);
          return;
        }
        skip = outcome === "flood";
        if (skip) await this.#wait(FLOOD_PAUSE, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (this.#isFinal(error)) return this.#fail(error);
        skip = this.#total === 0;
        this.#setAway("follow", true);
        await this.#pauseBeforeRetry(backoff, signal);
      } finally {
        stream.abort();
      }
    }
  }

  async #followOnce(stream: AbortController, skip: boolean, onOpen: () => void): Promise<"ended" | "flood" | "silent"> {
    const request = { from: this.#total, follow: true, ...(skip && { tail: PAGE }) };
    let silent = false;
    const onSilence = () => {
      silent = true;
      stream.abort();
    };
    this.#retry.signal.addEventListener("abort", onSilence, { once: true, signal: stream.signal });
    let timer = setTimeout(onSilence, SILENCE);
    let count = 0;
    try {
      for await (const batch of this.#read(request, stream.signal, onOpen)) {
        clearTimeout(timer);
        timer = setTimeout(onSilence, SILENCE);
        onOpen();
        this.#take(batch);
        count += batch.entries.length;
        if (count > FLOOD) return "flood";
      }
      return silent ? "silent" : "ended";
    } catch (error) {
      if (silent) return "silent";
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #take(batch: Batch): void {
    this.#pages.put(batch.entries);
    this.#pages.trim(...this.#surroundings());
    this.#total = Math.max(this.#total, batch.next);
    this.#announce();
  }

  /** Loads what is looked at, a page at a time, until nothing is missing. */
  async #fetchMissing(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const wanted = this.#wanted();
    if (this.#fetching !== undefined && !wanted.includes(this.#fetching.page)) this.#fetching.abort.abort();
    if (this.#fetchLoop) return;
    this.#fetchLoop = true;
    const backoff = new Backoff();
    try {
      for (let page = wanted[0]; page !== undefined && !running.signal.aborted; page = this.#wanted()[0]) {
        const abort = childOf(running.signal);
        this.#fetching = { page, abort };
        try {
          await this.#fetchPage(page, abort.signal);
          backoff.reset();
          this.#setAway("fetch", false);
        } catch (error) {
          if (running.signal.aborted) return;
          if (abort.signal.aborted) {
            // The view has moved on; while it moves, it is not chased at every step.
            await this.#wait(FETCH_PAUSE, running.signal);
            continue;
          }
          if (this.#isFinal(error)) return this.#fail(error);
          this.#setAway("fetch", true);
          await this.#pauseBeforeRetry(backoff, running.signal);
        } finally {
          abort.abort();
          this.#fetching = undefined;
        }
      }
    } finally {
      this.#fetchLoop = false;
      // Started anew while the last fetch came to its end.
      if (this.#running !== running) void this.#fetchMissing();
    }
  }

  async #fetchPage(page: number, signal: AbortSignal): Promise<void> {
    const from = page * PAGE;
    const end = from + PAGE;
    let next = from;
    for await (const batch of this.#read({ from, limit: PAGE }, signal)) {
      const entries = batch.entries.filter(({ offset }) => offset >= from && offset < end);
      next = Math.max(next, batch.next);
      this.#take({ entries, next: Math.min(next, end) });
      if (next >= end) break;
    }
    // Else it would be asked for again and again.
    if (next < Math.min(end, this.#total)) throw new Error("the log ended before its end");
    if (this.#pages.missing(from, end - 1, this.#total).length > 0) this.#holed.add(page);
  }

  /** The pages to load: those in view first, then those beside them. */
  #wanted(): number[] {
    const [first, last] = this.#view;
    if (this.#failure !== undefined) return [];
    const inView = this.#pages.missing(first, last, this.#total);
    const around = this.#pages.missing(...this.#surroundings(), this.#total);
    return [...inView, ...around.filter((page) => !inView.includes(page))].filter((page) => !this.#holed.has(page));
  }

  #surroundings(): [number, number] {
    const [first, last] = this.#view;
    return [first - PAGE / 2, last + PAGE / 2];
  }

  async #pauseBeforeRetry(backoff: Backoff, signal: AbortSignal): Promise<void> {
    const pause = childOf(signal);
    this.#retry.signal.addEventListener("abort", () => pause.abort(), { once: true, signal: pause.signal });
    await this.#wait(backoff.next(), pause.signal);
    pause.abort();
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#announce();
  }

  #setAway(reader: "follow" | "fetch", away: boolean): void {
    if (away) this.#away.add(reader);
    else this.#away.delete(reader);
    this.#announce();
  }

  #status(): Status {
    if (this.#failure !== undefined) return "failed";
    if (this.#away.size > 0) return "reconnecting";
    if (this.#ended) return "ended";
    return this.#opened ? "live" : "opening";
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#schedule(() => {
      this.#announced = false;
      this.#snapshot = {
        version: this.#snapshot.version + 1,
        total: this.#total,
        status: this.#status(),
        error: this.#failure?.error,
      };
      for (const listener of this.#listeners) listener();
    });
  }
}
