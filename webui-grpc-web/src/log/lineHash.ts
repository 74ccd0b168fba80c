/** Lines as people number them, from 1, both included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** Lines that a URL's fragment names, as `#L12` or `#L12-L30`. */
export function parseLines(hash: string): LineRange | undefined {
  const match = /^#?L(\d{1,15})(?:-L?(\d{1,15}))?$/.exec(hash);
  if (match === null) return undefined;
  const [a, b] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (a < 1 || b < 1) return undefined;
  return { first: Math.min(a, b), last: Math.max(a, b) };
}

/** The fragment for lines, without `#`. */
export function formatLines({ first, last }: LineRange): string {
  return first === last ? `L${first}` : `L${first}-L${last}`;
}

/** The lines from the first one chosen to another one. */
export function extendTo(lines: LineRange | undefined, line: number): LineRange {
  if (lines === undefined) return { first: line, last: line };
  return line < lines.first ? { first: line, last: lines.last } : { first: lines.first, last: line };
}
