import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "react";
import { MeasuredHeights, UniformHeights } from "./heights";
import { type Anchor, below, centred, endOf, extent, fromBar, isTrue, moved, START, toBar, within } from "./scroll";

/** A line's height in pixels, where it does not wrap. */
export const ROW = 20;
/** So many lines are drawn above and below the view. */
const OVERSCAN = 15;
/** A farther move than so many views is no wheel or key: somebody drags the scroll bar. */
const JUMP = 3;
/** After so many milliseconds without scrolling the bar is put where it belongs. */
const SETTLED = 150;

interface Options {
  readonly total: number;
  readonly wrap: boolean;
  /** Whether an entry is loaded: what is not has no height of its own. */
  readonly isLoaded: (line: number) => boolean;
  /** Where to start; absent: at the end, following. */
  readonly startLine: number | undefined;
}

export interface LogScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly spacer: RefObject<HTMLDivElement | null>;
  readonly layer: RefObject<HTMLDivElement | null>;
  /** The lines to draw: from `first`, before `end`. */
  readonly first: number;
  readonly end: number;
  /** The line at the top of the view. */
  readonly top: number;
  readonly following: boolean;
  readonly follow: () => void;
  /** Goes to a line, unless it is in view already and `always` is not asked for. */
  readonly show: (line: number, always?: boolean) => void;
  readonly toStart: () => void;
  /** Stops following, where nothing else says yet that somebody wants to look back. */
  readonly release: () => void;
  /** While something is held (a touch, the scroll bar, a selection), nothing moves by itself. */
  readonly hold: (held: boolean) => void;
}

/** Keeps the drawn lines, the scroll bar and the log's growth in step. See scroll.ts for how they hang together. */
export function useLogScroll({ total, wrap, isLoaded, startLine }: Options): LogScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [view, setView] = useState(0);
  const [following, setFollowing] = useState(startLine === undefined);

  const measured = useMemo(() => (wrap ? new MeasuredHeights(ROW) : undefined), [wrap]);
  if (measured !== undefined) measured.total = total;
  const uniform = useMemo(() => new UniformHeights(total, ROW), [total]);
  const heights = measured ?? uniform;
  // Measuring moves what is above the view, and setting the bar would break off the scrolling that is under way.
  const rigid = measured === undefined && isTrue(heights);

  const at = useRef<Anchor>(START);
  const bar = useRef(0);
  const held = useRef(false);
  const scrolledAt = useRef(0);
  const stale = useRef(true);
  const target = useRef(startLine);

  const anchor = following && !held.current ? endOf(heights, view) : within(heights, view, clamp(at.current, total));
  const first = Math.max(0, anchor.line - OVERSCAN);
  const end = Math.min(total, anchor.line + Math.ceil(view / ROW) + 1 + OVERSCAN);

  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(settle.current), []);

  /** Takes note of how far somebody has scrolled since; answers whether that was at all. */
  const account = useCallback((): boolean => {
    const box = scroller.current;
    if (box === null || view === 0) return false;
    // A box that became taller moves its bar by itself, which is nobody's wish to look back; its observer sees to that.
    if (box.clientHeight !== view) return false;
    const now = box.scrollTop;
    const by = now - bar.current;
    if (Math.abs(by) < 0.5) return false;
    bar.current = now;
    scrolledAt.current = performance.now();
    const jump = rigid || Math.abs(by) > JUMP * view;
    at.current = jump ? fromBar(heights, view, now) : moved(heights, view, at.current, by);
    if (below(heights, view, at.current) <= 1) setFollowing(true);
    else if (by < 0) setFollowing(false);
    // The bar must not reach its end before the log does.
    const edge = 2 * view;
    stale.current ||= now < edge || now > extent(heights) - view - edge;
    clearTimeout(settle.current);
    settle.current = setTimeout(() => {
      stale.current = true;
      redraw();
    }, SETTLED);
    redraw();
    return true;
  }, [heights, view, rigid]);

  useEffect(() => {
    const box = scroller.current;
    box?.addEventListener("scroll", account, { passive: true });
    return () => box?.removeEventListener("scroll", account);
  }, [account]);

  // Every time: what was drawn decides about places and heights.
  useLayoutEffect(() => {
    const box = scroller.current;
    const rows = layer.current;
    if (box === null || rows === null || spacer.current === null || view === 0) return;
    if (target.current !== undefined && total > target.current) {
      at.current = centred(heights, view, target.current);
      target.current = undefined;
      stale.current = true;
      redraw();
      return;
    }
    // Somebody scrolls this moment, and the browser has not told yet: setting the bar would undo it.
    if (account()) return;
    if (measured !== undefined) {
      for (const row of rows.children) {
        const line = lineOf(row);
        if (line !== undefined && isLoaded(line)) measured.measure(line, row.getBoundingClientRect().height);
      }
    }
    const now = following && !held.current ? endOf(heights, view) : within(heights, view, clamp(at.current, total));
    at.current = now;
    spacer.current.style.height = `${extent(heights)}px`;
    // A shorter element may have moved the bar.
    bar.current = box.scrollTop;
    const idle = performance.now() - scrolledAt.current > SETTLED;
    if ((following && !held.current) || stale.current || idle || rigid) {
      const want = toBar(heights, view, now);
      if (Math.abs(want - box.scrollTop) >= 1) box.scrollTop = want;
      bar.current = box.scrollTop;
      stale.current = false;
    }
    const drawn = rows.children[now.line - first];
    const offset = drawn instanceof HTMLElement ? drawn.offsetTop : rows.offsetHeight;
    rows.style.top = `${bar.current - now.px - offset}px`;
    // Lines turned out to be less tall than they were taken for: there is room for more of them.
    if (now.line < first || (now.line - first < OVERSCAN / 2 && first > 0)) redraw();
  });

  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    let width = box.clientWidth;
    const observer = new ResizeObserver(() => {
      if (box.clientWidth !== width) measured?.clear();
      width = box.clientWidth;
      bar.current = box.scrollTop;
      stale.current = true;
      setView(box.clientHeight);
      redraw();
    });
    observer.observe(box);
    setView(box.clientHeight);
    return () => observer.disconnect();
  }, [measured]);

  const goTo = useCallback((place: Anchor, follow: boolean) => {
    at.current = place;
    stale.current = true;
    scrolledAt.current = 0;
    setFollowing(follow);
    redraw();
  }, []);

  const show = useCallback(
    (line: number, always = false) => {
      const { line: top, px } = at.current;
      const from = heights.sum(top, line) - px;
      const inView = line >= top && from >= 0 && from + heights.at(line) <= view;
      if (inView && !always) setFollowing(false);
      else goTo(centred(heights, view, line), false);
    },
    [heights, view, goTo],
  );

  return {
    scroller,
    spacer,
    layer,
    first,
    end,
    top: anchor.line,
    following,
    show,
    follow: useCallback(() => goTo(endOf(heights, view), true), [heights, view, goTo]),
    toStart: useCallback(() => goTo(START, false), [goTo]),
    release: useCallback(() => setFollowing(false), []),
    hold: useCallback((now: boolean) => {
      held.current = now;
      if (!now) redraw();
    }, []),
  };
}

function clamp(anchor: Anchor, total: number): Anchor {
  return anchor.line > total ? { line: total, px: 0 } : anchor;
}

/** The line that a drawn row is. */
export function lineOf(row: Element): number | undefined {
  const line = row instanceof HTMLElement ? row.dataset.line : undefined;
  return line === undefined ? undefined : Number(line);
}
