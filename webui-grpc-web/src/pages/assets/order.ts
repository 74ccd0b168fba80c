import { hasEnded } from "../../assets/states";
import { AssetOrder } from "../../gen/pedl/v1/asset_pb";
import type { Row } from "./row";
import type { Sort } from "./search";

export const orders: Record<Sort | "newest", AssetOrder> = {
  newest: AssetOrder.UNSPECIFIED,
  oldest: AssetOrder.OLDEST,
  description: AssetOrder.DESCRIPTION,
  "-description": AssetOrder.DESCRIPTION_DESCENDING,
  ended: AssetOrder.ENDED_FIRST,
  "-ended": AssetOrder.ENDED_LAST,
};

export type Compare = (a: Row, b: Row) => number;

const newest: Compare = (a, b) => b.id - a.id;
const oldest: Compare = (a, b) => a.id - b.id;

// The master compares descriptions by their bytes in UTF-8, which is the order of code points and not that of UTF-16.
function byCodePoints(a: string, b: string): number {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (;;) {
    const [x, y] = [left.next(), right.next()];
    if (x.done || y.done) return Number(Boolean(y.done)) * 1 - Number(Boolean(x.done)) * 1;
    if (x.value !== y.value) return (x.value.codePointAt(0) ?? 0) - (y.value.codePointAt(0) ?? 0);
  }
}

const endedAt = (row: Row) =>
  hasEnded(row.state) ? (row.endedAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;

const endedLast: Compare = (a, b) => {
  const [x, y] = [endedAt(a), endedAt(b)];
  return x === y ? newest(a, b) : y - x;
};

const compares: Record<AssetOrder, Compare> = {
  [AssetOrder.UNSPECIFIED]: newest,
  [AssetOrder.OLDEST]: oldest,
  [AssetOrder.DESCRIPTION]: (a, b) => byCodePoints(a.description, b.description) || newest(a, b),
  [AssetOrder.DESCRIPTION_DESCENDING]: (a, b) => byCodePoints(b.description, a.description) || newest(a, b),
  [AssetOrder.ENDED_LAST]: endedLast,
  [AssetOrder.ENDED_FIRST]: (a, b) => -endedLast(a, b),
};

/** The order that the master lists in (AssetOrder), so that a row that comes later finds its place. */
export function compareBy(order: AssetOrder): Compare {
  return compares[order];
}
