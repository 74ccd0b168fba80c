/** What was measured, for the table that scripts/bench prints: a line of JSON each. */
interface Figure {
  figure: string;
  measured: number;
  target: number;
  /** Which side of the target is good. */
  shall: "at most" | "at least";
  unit: string;
  /** What else there is to know. */
  detail: string;
}

export function report(figure: Figure): void {
  console.log(JSON.stringify(figure));
}

/** The middle one; of an even number, the lower middle one. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("there is nothing to take the median of");
  return middle;
}
