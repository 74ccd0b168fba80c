import type { Entry } from "./entry";
import { type Carry, carryAfter, NO_CARRY } from "./line";

/** How many entries a page has. A page of the longest entries is 16 MiB. */
export const PAGE = 256;

/** What the cache holds at most; what is in view counts but is never dropped. */
export interface Bounds {
  readonly pages: number;
  readonly bytes: number;
}

const BOUNDS: Bounds = { pages: 120, bytes: 48 << 20 };

/** What an entry takes beside its data. */
const OVERHEAD = 120;

interface Page {
  readonly entries: (Entry | undefined)[];
  count: number;
  bytes: number;
  /** The styles that the page's first entries start with, as far as anybody asked. */
  carries: Carry[];
}

/** The loaded pages of a log, however long it is: those used last. */
export class Pages {
  /** By number; those used last stand last. */
  readonly #pages = new Map<number, Page>();
  readonly #bounds: Bounds;
  #bytes = 0;

  constructor(bounds: Bounds = BOUNDS) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#pages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(offset: number): Entry | undefined {
    return this.#pages.get(pageOf(offset))?.entries[offset % PAGE];
  }

  put(entries: readonly Entry[]): void {
    let number = -1;
    let page: Page | undefined;
    for (const entry of entries) {
      if (pageOf(entry.offset) !== number || page === undefined) {
        number = pageOf(entry.offset);
        page = this.#touch(number) ?? this.#add(number);
      }
      const index = entry.offset % PAGE;
      if (page.entries[index] !== undefined) continue;
      page.entries[index] = entry;
      page.count++;
      page.bytes += entry.data.length + OVERHEAD;
      this.#bytes += entry.data.length + OVERHEAD;
      if (index < page.carries.length) page.carries.length = index;
    }
  }

  /** The pages of `first` to `last` that lack entries of a log of `total`; those in view become the last to be dropped. */
  missing(first: number, last: number, total: number): number[] {
    const missing: number[] = [];
    for (let number = pageOf(Math.max(0, first)); number <= pageOf(Math.min(last, total - 1)); number++) {
      const page = this.#touch(number);
      if ((page?.count ?? 0) < Math.min(PAGE, total - number * PAGE)) missing.push(number);
    }
    return missing;
  }

  /** Drops pages until the rest is within bounds, the longest unused first and none that has to do with `first` to `last`. */
  trim(first: number, last: number): void {
    for (const [number, page] of this.#pages) {
      if (this.#pages.size <= this.#bounds.pages && this.#bytes <= this.#bounds.bytes) return;
      if (number >= pageOf(first) && number <= pageOf(last)) continue;
      this.#pages.delete(number);
      this.#bytes -= page.bytes;
    }
  }

  /** The styles that an entry starts with: what the loaded entries before it leave. */
  carry(offset: number): Carry {
    const page = this.#pages.get(pageOf(offset));
    if (page === undefined) return NO_CARRY;
    const { carries, entries } = page;
    const index = offset % PAGE;
    if (carries.length === 0) carries.push(this.#carryInto(pageOf(offset)));
    for (let i = carries.length; i <= index; i++) {
      const before = carries[i - 1] ?? NO_CARRY;
      const entry = entries[i - 1];
      carries.push(entry === undefined ? before : carryAfter(before, entry));
    }
    return carries[index] ?? NO_CARRY;
  }

  #carryInto(number: number): Carry {
    const last = this.find(number * PAGE - 1);
    return last === undefined ? NO_CARRY : carryAfter(this.carry(last.offset), last);
  }

  #touch(number: number): Page | undefined {
    const page = this.#pages.get(number);
    if (page === undefined) return undefined;
    this.#pages.delete(number);
    this.#pages.set(number, page);
    return page;
  }

  #add(number: number): Page {
    const page: Page = { entries: new Array(PAGE), count: 0, bytes: 0, carries: [] };
    this.#pages.set(number, page);
    return page;
  }
}

export function pageOf(offset: number): number {
  return Math.floor(offset / PAGE);
}
