import { describe, expect, test } from "vitest";
import { type Heights, MeasuredHeights, UniformHeights } from "./heights";
import { below, centred, endOf, extent, fromBar, moved, toBar } from "./scroll";

const VIEW = 400;

function wrapped(total: number, height: (line: number) => number, measured = total): MeasuredHeights {
  const heights = new MeasuredHeights(20);
  heights.total = total;
  for (let line = 0; line < Math.min(measured, 1000); line++) heights.measure(line, height(line));
  for (let line = Math.max(0, total - 1000); line < total; line++) heights.measure(line, height(line));
  return heights;
}

const mixed = (line: number) => (line % 5 === 0 ? 60 : 20);

const LOGS: [string, Heights][] = [
  ["empty", new UniformHeights(0, 20)],
  ["shorter than the view", new UniformHeights(5, 20)],
  ["some thousand lines", new UniformHeights(5000, 20)],
  ["a million lines", new UniformHeights(1_000_000, 20)],
  ["a hundred million lines", new UniformHeights(100_000_000, 20)],
  ["empty, wrapped", wrapped(0, mixed)],
  ["shorter than the view, wrapped", wrapped(3, mixed)],
  ["a thousand lines, wrapped", wrapped(1000, mixed)],
  ["a million lines, wrapped", wrapped(1_000_000, mixed)],
  ["a million lines, wrapped, each tall", wrapped(1_000_000, () => 300)],
];

describe.each(LOGS)("%s", (_, heights) => {
  const end = endOf(heights, VIEW);
  const bar = Math.max(0, extent(heights) - VIEW);

  test("the bar is at its ends where the log is", () => {
    expect(toBar(heights, VIEW, { line: 0, px: 0 })).toBe(0);
    expect(toBar(heights, VIEW, end)).toBeCloseTo(bar, 5);
    expect(fromBar(heights, VIEW, 0)).toEqual({ line: 0, px: 0 });
    expect(fromBar(heights, VIEW, bar)).toEqual(end);
    expect(below(heights, VIEW, end)).toBeLessThanOrEqual(0);
  });

  test("is no taller than browsers allow", () => {
    expect(extent(heights)).toBeLessThanOrEqual(10_000_000);
  });

  test("what the bar says leads back to where it stood", () => {
    for (const part of [0.0001, 0.01, 0.3, 0.5, 0.77, 0.99, 0.9999]) {
      const top = bar * part;
      const anchor = fromBar(heights, VIEW, top);
      expect(Math.abs(toBar(heights, VIEW, anchor) - top)).toBeLessThan(200);
      expect(anchor.line).toBeGreaterThanOrEqual(0);
      expect(anchor.line).toBeLessThanOrEqual(end.line);
    }
  });

  test("further down the bar is further down the log", () => {
    let before = -1;
    for (let top = 0; top <= bar; top += Math.max(1, bar / 997)) {
      const { line } = fromBar(heights, VIEW, top);
      expect(line).toBeGreaterThanOrEqual(before);
      before = line;
    }
  });

  test("moving goes pixel by pixel, and not beyond the ends", () => {
    let anchor = moved(heights, VIEW, end, -950);
    expect(below(heights, VIEW, anchor)).toBeCloseTo(Math.min(950, heights.sum(0, heights.total) - VIEW), 5);
    anchor = moved(heights, VIEW, anchor, 950);
    expect(anchor).toEqual(end);
    expect(moved(heights, VIEW, end, 500)).toEqual(end);
    expect(moved(heights, VIEW, { line: 0, px: 0 }, -500)).toEqual({ line: 0, px: 0 });
  });

  test("near the ends a pixel of the bar is a pixel of the log", () => {
    if (heights.total < 1000) return;
    expect(toBar(heights, VIEW, moved(heights, VIEW, { line: 0, px: 0 }, 700))).toBeCloseTo(700, 5);
    expect(toBar(heights, VIEW, moved(heights, VIEW, end, -700))).toBeCloseTo(bar - 700, 5);
  });
});

test("a line is shown in the middle, or as near as the ends allow", () => {
  const heights = new UniformHeights(1000, 20);
  expect(centred(heights, VIEW, 500)).toEqual({ line: 490, px: 10 });
  expect(centred(heights, VIEW, 3)).toEqual({ line: 0, px: 0 });
  expect(centred(heights, VIEW, 999)).toEqual(endOf(heights, VIEW));
});
