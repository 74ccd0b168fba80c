import { PLAIN, type Style, select } from "./sgr";

/** A run of text in one style. */
export interface Segment {
  readonly text: string;
  readonly style: Style;
}

/** A line as a terminal would show it. */
export interface Parsed {
  readonly segments: readonly Segment[];
  /** The style that the next line of the same stream starts with. */
  readonly end: Style;
  /** How many times a carriage return went back to the line's start, to write over what stood there. */
  readonly overwritten: number;
}

const ESC = 0x1b;
const CR = 0x0d;

/**
 * Parses a line without its newline. Colours and the like are kept; every other control sequence is dropped, links
 * (OSC 8) among them: only their text stays. Of what carriage returns have written over, the last is shown, unless
 * `keepOverwritten`. Other control characters become visible.
 */
export function parse(line: string, start: Style = PLAIN, keepOverwritten = false): Parsed {
  let segments: Segment[] = [];
  let style = start;
  let overwritten = 0;
  let run = "";
  const endRun = () => {
    if (run !== "") segments.push({ text: run, style });
    run = "";
  };
  let from = 0;
  for (let i = 0; i < line.length; ) {
    const code = line.charCodeAt(i);
    if (!isControl(code)) {
      i++;
      continue;
    }
    run += line.slice(from, i);
    if (code === ESC || code === 0x9b || code === 0x9d) {
      const sequence = sequenceAt(line, i);
      if (sequence.sgr !== undefined) {
        endRun();
        style = select(style, sequence.sgr);
      }
      i = sequence.end;
    } else {
      if (code === CR) {
        overwritten++;
        if (keepOverwritten) run += visible(code);
        else {
          run = "";
          segments = [];
        }
      } else {
        run += visible(code);
      }
      i++;
    }
    from = i;
  }
  run += line.slice(from);
  endRun();
  return { segments, end: style, overwritten };
}

/** The style after a line, without making its segments. */
export function styleAfter(line: string, start: Style): Style {
  let style = start;
  for (let i = line.indexOf("\x1b"); i >= 0; ) {
    const { end, sgr } = sequenceAt(line, i);
    if (sgr !== undefined) style = select(style, sgr);
    i = line.indexOf("\x1b", end);
  }
  return style;
}

/** C0 but the tab, DEL, C1, and the two separators that a browser could break a line at. */
function isControl(code: number): boolean {
  return code < 0x20 ? code !== 0x09 : (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029;
}

/** A control character as `cat -v` shows it: fonts lack Unicode's pictures. Nothing for a bell, a backspace and C1. */
function visible(code: number): string {
  if (code === 0x07 || code === 0x08) return "";
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code === 0x7f) return "^?";
  return code >= 0x2028 ? "^J" : "";
}

interface Sequence {
  /** The place after it. */
  readonly end: number;
  /** The parameters, where it selects a graphic rendition. */
  readonly sgr?: string;
}

/** The control sequence that starts at `i` (ECMA-48, 5.3 to 5.6). One that does not end is its introducer only. */
function sequenceAt(line: string, i: number): Sequence {
  const first = line.charCodeAt(i);
  const introducer = first === ESC ? line.charCodeAt(i + 1) : first - 0x40;
  const body = first === ESC ? i + 2 : i + 1;
  switch (introducer) {
    case 0x5b: // CSI
      return controlSequence(line, body);
    case 0x50: // DCS
    case 0x58: // SOS
    case 0x5d: // OSC
    case 0x5e: // PM
    case 0x5f: // APC
      return { end: stringEnd(line, body) };
    default: {
      // An escape sequence: intermediates and a final.
      let end = i + 1;
      while (between(line.charCodeAt(end), 0x20, 0x2f)) end++;
      return { end: between(line.charCodeAt(end), 0x30, 0x7e) ? end + 1 : end };
    }
  }
}

function controlSequence(line: string, body: number): Sequence {
  let end = body;
  while (between(line.charCodeAt(end), 0x30, 0x3f)) end++;
  const parameters = line.slice(body, end);
  while (between(line.charCodeAt(end), 0x20, 0x2f)) end++;
  if (!between(line.charCodeAt(end), 0x40, 0x7e)) return { end };
  const selects = line[end] === "m" && end === body + parameters.length && !/[<=>?]/.test(parameters);
  return selects ? { end: end + 1, sgr: parameters } : { end: end + 1 };
}

/** The place after the string that ends with BEL, ST or ESC \; where nothing ends it, its start: better shown than lost. */
function stringEnd(line: string, body: number): number {
  for (let i = body; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === 0x07 || code === 0x9c) return i + 1;
    if (code === ESC) return line[i + 1] === "\\" ? i + 2 : i;
    if (isControl(code)) break;
  }
  return body;
}

function between(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
