import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { parseLifetime } from "../../components/lifetime";

/** What the address bar holds: which events the page shows. */
export interface AuditSearch {
  /** An account: what it did, or what was done to it. */
  who?: string;
  /** An action, or with a dot at the end all that begin so. */
  action?: string;
  /** How long ago (`1d`), or a time (RFC 3339). */
  since?: string;
  /** A time (RFC 3339). */
  until?: string;
}

/** The same for the master, at a given now. */
export interface AuditFilter {
  username: string;
  action: string;
  since?: Timestamp;
  until?: Timestamp;
}

export const QUICK_RANGES: readonly { value: string; label: string }[] = [
  { value: "", label: "All time" },
  { value: "1h", label: "Last hour" },
  { value: "1d", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
];

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds; null where it is no time. */
export function parseTime(text: string): number | null {
  if (!RFC_3339.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/** Takes what is usable of an address that anybody may have typed. */
export function parseAuditSearch(search: Record<string, unknown>): AuditSearch {
  const text = (key: string) => {
    const value = search[key];
    return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  };
  const [who, action, since, until] = [text("who"), text("action"), text("since"), text("until")];
  return {
    ...(who === "" ? {} : { who }),
    ...(action === "" ? {} : { action }),
    ...(parseTime(since) === null && parseLifetime(since) === null ? {} : { since }),
    ...(parseTime(until) === null ? {} : { until }),
  };
}

export function auditFilter(search: AuditSearch, now: number): AuditFilter {
  const since = search.since === undefined ? null : sinceMs(search.since, now);
  const until = search.until === undefined ? null : parseTime(search.until);
  return {
    username: search.who ?? "",
    action: search.action ?? "",
    ...(since === null ? {} : { since: timestampFromMs(since) }),
    ...(until === null ? {} : { until: timestampFromMs(until) }),
  };
}

function sinceMs(since: string, now: number): number | null {
  const ago = parseLifetime(since);
  // The calendar of timestamps begins in the year 1.
  return ago === null ? parseTime(since) : Math.max(now - ago * 1000, -62_135_596_800_000);
}

/** The same question for a terminal. */
export function auditCommand(search: AuditSearch): string {
  const options: [string, string | undefined][] = [
    ["--account", search.who],
    ["--action", search.action],
    ["--since", search.since],
    ["--until", search.until],
  ];
  const words = options.flatMap(([option, value]) => (value === undefined ? [] : [option, shellWord(value)]));
  return ["pedl", "master", "audit", ...words].join(" ");
}

/** Quoted where a shell would read more than letters in it. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9._@%+=:,/-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Whether a range is one of the quick ones; otherwise it is a person's own. */
export function isQuick(search: AuditSearch): boolean {
  return search.until === undefined && QUICK_RANGES.some((range) => range.value === (search.since ?? ""));
}

/** `2026-11-22T18:00` in local time, as an input of type `datetime-local` has it. */
export function localInput(time: string | undefined, now: number): string {
  const ms = time === undefined ? null : sinceMs(time, now);
  if (ms === null) return "";
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The time that such an input holds; undefined: none. */
export function fromLocalInput(text: string): string | undefined {
  const time = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(".000Z", "Z");
}
