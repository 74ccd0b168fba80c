// Lengths of time in nanoseconds, read and printed as the CLI does.

import type { Duration } from "@bufbuild/protobuf/wkt";

const MAX_U64 = (1n << 64n) - 1n;
const MAX_I64 = (1n << 63n) - 1n;
const SECOND = 1_000_000_000n;
const HOUR = 3_600n * SECOND;

/** Each unit's size, and the words for it. */
const UNITS: readonly (readonly [size: bigint, words: readonly string[]])[] = [
  [31_557_600n * SECOND, ["years", "year", "yrs", "yr", "y"]],
  [2_630_016n * SECOND, ["months", "month", "M"]],
  [168n * HOUR, ["weeks", "week", "wks", "wk", "w"]],
  [24n * HOUR, ["days", "day", "d"]],
  [HOUR, ["hours", "hour", "hrs", "hr", "h"]],
  [60n * SECOND, ["minutes", "minute", "mins", "min", "m"]],
  [SECOND, ["seconds", "second", "secs", "sec", "s"]],
  [1_000_000n, ["millis", "msec", "ms"]],
  [1_000n, ["usec", "µs", "us"]],
  [1n, ["nanos", "nsec", "ns"]],
];

const PRINTED = ["d", "h", "m", "s", "ms", "us", "ns"];

/** A number, whose digits may stand apart, and its unit. */
const PART = /(\d[\d\p{White_Space}]*)(?:\.([\p{White_Space}]*\d[\d\p{White_Space}]*))?([A-Za-zµ]+)\p{White_Space}*/uy;

/** Reads parts such as `1h 30m`, `90min`, `1.5 days`. */
export function parseRunTime(text: string): bigint | undefined {
  if (text === "0") {
    return 0n;
  }
  const parts = text.replace(/^\p{White_Space}+/u, "");
  let total: bigint | undefined;
  PART.lastIndex = 0;
  for (let at = 0; at < parts.length; at = PART.lastIndex) {
    const part = PART.exec(parts);
    const time = part === null ? undefined : partOf(digits(part[1]), digits(part[2]), part[3] ?? "");
    if (time === undefined) {
      return undefined;
    }
    total = (total ?? 0n) + time;
  }
  return total === undefined || total / SECOND > MAX_I64 ? undefined : total;
}

function digits(text = ""): string {
  return text.replace(/\P{Nd}/gu, "");
}

/** What the CLI can count only: `1.0001h` is no whole second, and `0.5ns` no nanosecond. */
function partOf(whole: string, fraction: string, word: string): bigint | undefined {
  const size = UNITS.find(([, words]) => words.includes(word))?.[0];
  if (size === undefined) {
    return undefined;
  }
  const number = BigInt(whole);
  const time = number * size;
  if (number > MAX_U64 || time / (size < SECOND ? 1n : SECOND) > MAX_U64) {
    return undefined;
  }
  if (fraction === "") {
    return time;
  }
  const resolution = size < HOUR ? 1n : SECOND;
  const numerator = BigInt(fraction) * (size / resolution);
  const denominator = 10n ** BigInt(fraction.length);
  const countable = size > 1n && numerator % denominator === 0n;
  return countable && numerator <= MAX_U64 && denominator <= MAX_U64
    ? time + (numerator / denominator) * resolution
    : undefined;
}

/** Exactly: `1h 30m`. */
export function printRunTime(time: bigint): string {
  let left = time;
  const parts: string[] = [];
  for (const [size, words] of UNITS) {
    const unit = words.find((word) => PRINTED.includes(word));
    if (unit !== undefined && left >= size) {
      parts.push(`${left / size}${unit}`);
      left %= size;
    }
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}

/** For the master. */
export function runTimeToProto(time: bigint): Pick<Duration, "seconds" | "nanos"> {
  return { seconds: time / SECOND, nanos: Number(time % SECOND) };
}

/** As the master has it. */
export function runTimeFromProto({ seconds, nanos }: Pick<Duration, "seconds" | "nanos">): bigint {
  return seconds * SECOND + BigInt(nanos);
}
