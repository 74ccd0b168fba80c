import type { Compare } from "./order";
import type { Row } from "./row";

/** A list as it is shown, while the master tells of changes. Only `step` makes new ones. */
export interface LiveList {
  /** What is shown, from the first on; ghosts among them. */
  readonly rows: readonly Row[];
  /** Where each id is in `rows`. */
  readonly at: ReadonlyMap<number, number>;
  /** Shown ones that are no longer of this list. */
  readonly ghosts: ReadonlySet<number>;
  /** Shown ones that have come by themselves just now. */
  readonly fresh: ReadonlySet<number>;
  /** Rows that have come and wait to be shown. */
  readonly waiting: ReadonlyMap<number, Row>;
  /** Whether more wait than `waiting` holds; then the list is to be read anew. */
  readonly overflow: boolean;
  /** Whether `rows` goes to the list's end; otherwise more pages can be read. */
  readonly whole: boolean;
}

export type Event =
  /** The list, read from its start. */
  | { type: "first"; rows: readonly Row[]; whole: boolean }
  /** Its next page. */
  | { type: "page"; rows: readonly Row[]; whole: boolean }
  /** What has changed. `hold`: what must not move now, for somebody points at it, has scrolled to it or selected it. */
  | { type: "changed"; rows: readonly Row[]; removed: readonly number[]; hold: Hold }
  /** It may move again: ghosts go and what waits comes. */
  | { type: "settle"; hold: Hold }
  /** What has come is no news any more. */
  | { type: "cool" };

export interface Hold {
  readonly inserts: boolean;
  readonly removals: boolean;
}

/** More rows than this do not wait: the list is read anew when they are wanted. */
export const maxWaiting = 500;

const none: ReadonlySet<never> = new Set<never>();

export const emptyList: LiveList = {
  rows: [],
  at: new Map(),
  ghosts: none,
  fresh: none,
  waiting: new Map(),
  overflow: false,
  whole: false,
};

/** The list after an event. What does not change stays the same object, so that rows render anew only where they must. */
export function step(list: LiveList, event: Event, compare: Compare): LiveList {
  switch (event.type) {
    case "first":
      return { ...emptyList, ...placed(event.rows), whole: event.whole };
    case "page":
      return withPage(list, event.rows, event.whole);
    case "changed":
      return changed(list, event.rows, event.removed, event.hold, compare);
    case "settle":
      return settled(list, event.hold, compare);
    case "cool":
      return list.fresh.size === 0 ? list : { ...list, fresh: none };
  }
}

function placed(rows: readonly Row[]): Pick<LiveList, "rows" | "at"> {
  return { rows, at: new Map(rows.map(({ id }, index) => [id, index])) };
}

/** A row can have moved from a page that was read to one that was not: it is shown once, as the newer page has it. */
function withPage(list: LiveList, page: readonly Row[], whole: boolean): LiveList {
  const rows = [...list.rows];
  const waiting = without(
    list.waiting,
    page.map(({ id }) => id),
  );
  for (const row of page) {
    const index = list.at.get(row.id);
    if (index === undefined) rows.push(row);
    else rows[index] = row;
  }
  return { ...list, ...placed(rows), waiting, whole };
}

function changed(
  list: LiveList,
  incoming: readonly Row[],
  removed: readonly number[],
  hold: Hold,
  compare: Compare,
): LiveList {
  const rows = [...list.rows];
  const waiting = new Map(list.waiting);
  const ghosts = new Set(list.ghosts);
  const moved: Row[] = [];
  let { overflow } = list;

  for (const row of incoming) {
    const index = list.at.get(row.id);
    if (index !== undefined) {
      const before = rows[index];
      rows[index] = row;
      ghosts.delete(row.id);
      if (before && compare(before, row) !== 0) moved.push(row);
    } else if (waiting.has(row.id) || isOnShownPart(list, row, compare)) {
      if (waiting.size < maxWaiting || waiting.has(row.id)) waiting.set(row.id, row);
      else overflow = true;
    }
  }
  for (const id of removed) {
    waiting.delete(id);
    if (list.at.has(id)) ghosts.add(id);
  }

  const next = { ...list, rows, waiting, ghosts: ghosts.size > 0 ? ghosts : none, overflow };
  // What moved under nobody's eyes goes to its place at once; otherwise when it may.
  if (moved.length > 0 && !hold.inserts) return settled({ ...next, ...placed(rows.sort(compare)) }, hold, compare);
  return settled(next, hold, compare);
}

/** Whether a row that is not shown belongs before the last one that is; where the list goes on, a page will bring it otherwise. */
function isOnShownPart(list: LiveList, row: Row, compare: Compare): boolean {
  if (list.whole) return true;
  const last = list.rows.at(-1);
  return last !== undefined && compare(row, last) < 0;
}

function settled(list: LiveList, hold: Hold, compare: Compare): LiveList {
  const drop = !hold.removals && list.ghosts.size > 0;
  const add = !hold.inserts && list.waiting.size > 0;
  const unsorted = !hold.inserts && !isSorted(list.rows, compare);
  if (!drop && !add && !unsorted) return list;
  let rows = drop ? list.rows.filter(({ id }) => !list.ghosts.has(id)) : list.rows;
  if (add) rows = [...rows, ...list.waiting.values()];
  if (add || unsorted) rows = [...rows].sort(compare);
  return {
    ...list,
    ...placed(rows),
    ghosts: drop ? none : list.ghosts,
    waiting: add ? new Map() : list.waiting,
    fresh: add ? new Set(list.waiting.keys()) : list.fresh,
  };
}

function isSorted(rows: readonly Row[], compare: Compare): boolean {
  for (let i = 1; i < rows.length; i += 1) {
    const [a, b] = [rows[i - 1], rows[i]];
    if (a && b && compare(a, b) > 0) return false;
  }
  return true;
}

function without(map: ReadonlyMap<number, Row>, ids: readonly number[]): ReadonlyMap<number, Row> {
  if (!ids.some((id) => map.has(id))) return map;
  const out = new Map(map);
  for (const id of ids) out.delete(id);
  return out;
}
