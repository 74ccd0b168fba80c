import type { ReactNode } from "react";

/** A column of a DataTable. Columns should be the same objects from one rendering to the next. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** In pixels; absent: what the others leave, shared. */
  readonly width?: number;
  readonly align?: "right";
  /** Shown only where the table has at least this many pixels; absent: always. */
  readonly from?: number;
  /** Where it goes in the two-line rows of narrow screens: the first line, the second (default), or nowhere. */
  readonly narrow?: "title" | "meta" | "none";
  /** Its header sorts, and `onSort` is told. */
  readonly sortable?: boolean;
  /** Its header sorts, here: for lists that are whole. */
  readonly compare?: (a: Row, b: Row) => number;
}

export interface SortBy {
  readonly id: string;
  readonly descending: boolean;
}

/** How a row shows that it is not as the others: `fresh`, it has just come; `ghost`, it is gone and keeps its place for now. */
export type RowState = "fresh" | "ghost" | undefined;

export const rowHeight = 36;
export const narrowRowHeight = 60;
/** Below this width rows have two lines. */
export const narrowBelow = 560;

export function columnsAt<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  return columns.filter(({ from = 0 }) => width >= from);
}

export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  by: SortBy | undefined,
): readonly Row[] {
  const compare = columns.find(({ id }) => id === by?.id)?.compare;
  if (!by || !compare) return rows;
  const sign = by.descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(a, b));
}

/** What a click on a header asks for: that column, then the other way round. */
export function nextSort(id: string, by: SortBy | undefined): SortBy {
  return { id, descending: by?.id === id ? !by.descending : false };
}

/** The selection after a click on a row's box; with a second end, of all rows between as well (Shift). */
export function toggled(
  selection: ReadonlySet<string>,
  keys: readonly string[],
  at: number,
  from: number | undefined,
): ReadonlySet<string> {
  const key = keys[at];
  if (key === undefined) return selection;
  const next = new Set(selection);
  const on = !next.has(key);
  const [low, high] = from === undefined ? [at, at] : [Math.min(at, from), Math.max(at, from)];
  for (const one of keys.slice(low, high + 1)) {
    if (on) next.add(one);
    else next.delete(one);
  }
  return next;
}

/** Where a key moves to among `count` rows; undefined: it is not a key that moves. */
export function moved(key: string, at: number, count: number, page: number): number | undefined {
  const last = count - 1;
  switch (key) {
    case "j":
    case "ArrowDown":
      return Math.min(at + 1, last);
    case "k":
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "PageDown":
      return Math.min(at + page, last);
    case "PageUp":
      return Math.max(at - page, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}
