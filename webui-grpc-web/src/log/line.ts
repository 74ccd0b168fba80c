import { parse, type Segment, styleAfter } from "./ansi";
import type { Entry } from "./entry";
import { PLAIN, type Style } from "./sgr";

/** A longer line is cut for showing: a browser lays out no more than a few thousand characters in a frame's time. */
export const SHOWN_LENGTH = 2000;

/** A line as it is shown. */
export interface Line {
  readonly segments: readonly Segment[];
  /** How many characters are not shown. */
  readonly cut: number;
  /** How many times it was written over, as progress bars do. */
  readonly overwritten: number;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of an entry, without its newline. What is not UTF-8 is U+FFFD. */
export function textOf(data: Uint8Array): string {
  let end = data.length;
  if (data[end - 1] === 0x0a) end--;
  while (end > 0 && data[end - 1] === 0x0d) end--;
  return utf8.decode(data.subarray(0, end));
}

/** The line of an entry; `whole`: with what is otherwise cut or written over. */
export function lineOf(entry: Entry, start: Style, whole = false): Line {
  const { segments, overwritten } = parse(textOf(entry.data), start, whole);
  return { ...(whole ? { segments, cut: 0 } : cut(segments)), overwritten };
}

/** The line without styles and control sequences, as it is copied. */
export function plainOf(entry: Entry): string {
  return parse(textOf(entry.data))
    .segments.map(({ text }) => text)
    .join("");
}

/** The style that the stream has after the entry. */
export function styleAfterEntry(entry: Entry, start: Style): Style {
  return entry.data.includes(0x1b) ? styleAfter(textOf(entry.data), start) : start;
}

/** Whether the entry goes on with the line of the one before it. */
export function continues(before: Entry | undefined, entry: Entry): boolean {
  return before !== undefined && before.source === entry.source && before.data.at(-1) !== 0x0a;
}

/** Styles that streams start with. */
export interface Carry {
  readonly stdout: Style;
  readonly stderr: Style;
}

export const NO_CARRY: Carry = { stdout: PLAIN, stderr: PLAIN };

/** The style that an entry starts with: each stream goes on with its own, and PEDL's entries have none. */
export function startStyle(carry: Carry, entry: Entry): Style {
  return entry.source === "system" ? PLAIN : carry[entry.source];
}

/** What is carried on after an entry. */
export function carryAfter(carry: Carry, entry: Entry): Carry {
  if (entry.source === "system") return carry;
  const before = carry[entry.source];
  const after = styleAfterEntry(entry, before);
  return after === before ? carry : { ...carry, [entry.source]: after };
}

function cut(segments: readonly Segment[]): { segments: readonly Segment[]; cut: number } {
  let length = 0;
  for (const segment of segments) length += segment.text.length;
  if (length <= SHOWN_LENGTH) return { segments, cut: 0 };
  const shown: Segment[] = [];
  let room = SHOWN_LENGTH;
  for (const segment of segments) {
    if (room <= 0) break;
    const text = segment.text.slice(0, room);
    // A surrogate without its other half would show as an error that is not in the log.
    const whole = text.length < segment.text.length ? text.replace(/[\ud800-\udbff]$/, "") : text;
    shown.push({ text: whole, style: segment.style });
    room -= text.length;
  }
  const kept = shown.reduce((sum, { text }) => sum + text.length, 0);
  return { segments: shown, cut: length - kept };
}
