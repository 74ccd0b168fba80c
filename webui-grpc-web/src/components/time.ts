import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";

export type Time = Timestamp | Date | undefined;

/** In milliseconds since 1970. */
export function msOf(time: Time): number | undefined {
  if (time === undefined) return undefined;
  return time instanceof Date ? time.getTime() : timestampMs(time);
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const dayOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** How long ago, in words of about ten letters: `just now`, `3 min ago`, `in 4 days`, `12 Mar`, `12 Mar 2024`. */
export function relative(ms: number, now: number): string {
  const seconds = (now - ms) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  if (size > 30 * day) {
    const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
    return (sameYear ? dayOf : dayOfYear).format(ms);
  }
  const text =
    size < minute
      ? `${Math.floor(size)} s`
      : size < hour
        ? `${Math.floor(size / minute)} min`
        : size < day
          ? `${Math.floor(size / hour)} h`
          : `${Math.floor(size / day)} ${Math.floor(size / day) === 1 ? "day" : "days"}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** The exact time, here and in UTC, on a line each. */
export function exactly(ms: number): string {
  return `${exact.format(ms)}\n${new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC")}`;
}

/** After how many milliseconds `relative` may say something else. */
export function staleAfter(ms: number, now: number): number {
  const size = Math.abs(now - ms) / 1000;
  return size < minute ? 1000 : size < hour ? 10_000 : 60_000;
}

/** How long something took: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 14 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < minute) return `${Math.floor(seconds)} s`;
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  if (seconds < hour) return `${Math.floor(seconds / minute)} min ${two(seconds % minute)} s`;
  if (seconds < day) return `${Math.floor(seconds / hour)} h ${two((seconds % hour) / minute)} min`;
  return `${Math.floor(seconds / day)} d ${Math.floor((seconds % day) / hour)} h`;
}
