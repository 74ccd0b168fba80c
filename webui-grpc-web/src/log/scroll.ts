import type { Heights } from "./heights";

/**
 * Where a log is scrolled to: the line at the top of the view, and how much of it is above. A scroll bar cannot say
 * that: browsers allow some 17 to 33 million pixels, and a line's distance from the top is not known while those before
 * it have not been laid out. So the bar's position is derived from the anchor, and read where somebody drags it.
 */
export interface Anchor {
  readonly line: number;
  readonly px: number;
}

export const START: Anchor = { line: 0, px: 0 };

/** The tallest that the scrolled element becomes. Half a million lines of 20 px; below it, nothing is scaled. */
const TALLEST = 10_000_000;

/** So many views at either end are never scaled, so that one arrives there as in any other page. */
const TRUE_VIEWS = 10;

/** How tall the scrolled element is. */
export function extent(heights: Heights): number {
  return Math.min(TALLEST, Math.ceil(heights.sum(0, heights.total)));
}

/** What of the log is below the view, in pixels. */
export function below(heights: Heights, view: number, { line, px }: Anchor): number {
  return heights.sum(line, heights.total) - px - view;
}

/** The end of the log, at the bottom of the view. */
export function endOf(heights: Heights, view: number): Anchor {
  return heights.walk(heights.total, -view);
}

/** Moved by so many pixels, but not beyond an end. */
export function moved(heights: Heights, view: number, { line, px }: Anchor, by: number): Anchor {
  const to = heights.walk(line, px + by);
  return within(heights, view, to);
}

/** The place, or the end where it is beyond that. */
export function within(heights: Heights, view: number, anchor: Anchor): Anchor {
  // Far from the end there is no need to add up all lines to it.
  if (heights.total - anchor.line > view) return anchor;
  return below(heights, view, anchor) < 0 ? endOf(heights, view) : anchor;
}

/** The line in the middle of the view, unless an end is in the way. */
export function centred(heights: Heights, view: number, line: number): Anchor {
  return moved(heights, view, { line, px: 0 }, -Math.max(0, (view - heights.at(line)) / 2));
}

/** Where the scroll bar stands for an anchor. */
export function toBar(heights: Heights, view: number, anchor: Anchor): number {
  const above = heights.sum(0, anchor.line) + anchor.px;
  const bar = extent(heights) - view;
  if (bar <= 0) return 0;
  if (isTrue(heights)) return Math.min(above, bar);
  const rest = Math.max(0, below(heights, view, anchor));
  const edge = edgeOf(view, bar);
  if (above <= edge) return above;
  if (rest <= edge) return bar - rest;
  return edge + ((bar - 2 * edge) * (above - edge)) / (above + rest - 2 * edge);
}

/** The anchor for where the scroll bar stands. */
export function fromBar(heights: Heights, view: number, top: number): Anchor {
  const bar = extent(heights) - view;
  if (bar <= 0) return START;
  if (isTrue(heights)) return within(heights, view, heights.walk(0, top));
  const edge = edgeOf(view, bar);
  if (top <= edge) return heights.walk(0, top);
  if (top >= bar - edge) return heights.walk(heights.total, top - bar - view);
  const all = heights.sum(0, heights.total) - view;
  const px = edge + ((top - edge) / (bar - 2 * edge)) * (all - 2 * edge);
  const line = Math.floor(px / heights.estimate);
  return within(heights, view, { line, px: Math.min(px - line * heights.estimate, heights.at(line)) });
}

/** Whether a pixel of the bar is a pixel of the log, everywhere. */
export function isTrue(heights: Heights): boolean {
  return heights.exact && heights.sum(0, heights.total) <= TALLEST;
}

function edgeOf(view: number, bar: number): number {
  return Math.min(TRUE_VIEWS * view, bar / 3);
}
