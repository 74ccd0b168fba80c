import type { Segment } from "./ansi";

/** A run of text that a search may have found. */
export interface Marked extends Segment {
  readonly found: boolean;
}

/** Splits segments so that what a search finds stands apart: in any letter case of ASCII, as the master compares. */
export function mark(segments: readonly Segment[], text: string): readonly Marked[] {
  const needle = lower(text);
  const line = lower(segments.map((segment) => segment.text).join(""));
  let found = needle === "" ? -1 : line.indexOf(needle);
  if (found < 0) return segments.map((segment) => ({ ...segment, found: false }));
  const marked: Marked[] = [];
  let start = 0;
  for (const segment of segments) {
    const end = start + segment.text.length;
    let at = start;
    while (at < end) {
      while (found >= 0 && found + needle.length <= at) found = line.indexOf(needle, found + needle.length);
      const inside = found >= 0 && found <= at;
      const until = Math.min(end, found < 0 ? end : inside ? found + needle.length : found);
      marked.push({ text: segment.text.slice(at - start, until - start), style: segment.style, found: inside });
      at = until;
    }
    start = end;
  }
  return marked;
}

/** ASCII only: other letters can change their length with their case. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
