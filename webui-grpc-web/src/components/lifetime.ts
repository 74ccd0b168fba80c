/** Lengths of time as people type them: `30m`, `12h`, `7d`. */

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const WORDS: [number, string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** Seconds; null where it is no length of time. `1h 30m` is their sum. */
export function parseLifetime(text: string): number | null {
  const parts = text
    .trim()
    .toLowerCase()
    .match(/\d+\s*[a-z]+/g);
  if (
    parts === null ||
    parts.join("") !==
      text
        .trim()
        .toLowerCase()
        .replace(/(?<=[a-z])\s+(?=\d)/g, "")
  )
    return null;
  let seconds = 0;
  for (const part of parts) {
    const [, count = "", word = ""] = /^(\d+)\s*([a-z]+)$/.exec(part) ?? [];
    const unit = unitOf(word);
    if (unit === null) return null;
    seconds += Number(count) * unit;
  }
  return Number.isSafeInteger(seconds) ? seconds : null;
}

function unitOf(word: string): number | null {
  const long: Record<string, string> = { sec: "s", second: "s", min: "m", minute: "m", hour: "h", day: "d", week: "w" };
  const single = word.length > 1 && word.endsWith("s") ? word.slice(0, -1) : word;
  return UNITS[long[single] ?? word] ?? null;
}

/** `90 minutes`, `7 days`: in the largest unit that comes out whole. */
export function lifetimeWords(seconds: number): string {
  for (const [size, word] of WORDS) {
    if (seconds % size === 0 && seconds >= size) {
      const count = seconds / size;
      return `${count} ${word}${count === 1 ? "" : "s"}`;
    }
  }
  return "0 seconds";
}

/** Why a length of time is not taken; undefined: it is. */
export function lifetimeProblem(text: string, min: number, max: number): string | undefined {
  const seconds = parseLifetime(text);
  if (seconds === null) return "A length of time like 30m, 24h or 7d.";
  if (seconds < min || seconds > max) return `${lifetimeWords(min)} to ${lifetimeWords(max)}.`;
  return undefined;
}
