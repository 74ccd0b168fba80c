/** A URL's search part as the router knows it: plain words, no JSON. */
export type SearchText = Record<string, string | undefined>;

export function parseSearch(text: string): SearchText {
  return Object.fromEntries(new URLSearchParams(text));
}

/** As people would type it: what need not be escaped is not. */
export function stringifySearch(search: Record<string, unknown>): string {
  const words = Object.entries(search).flatMap(([key, value]) =>
    value === undefined || value === null || value === "" ? [] : [[key, String(value)] as [string, string]],
  );
  if (words.length === 0) return "";
  const text = new URLSearchParams(words).toString();
  return `?${text.replace(/%2C/g, ",").replace(/%2F/g, "/").replace(/%40/g, "@").replace(/%3A/g, ":")}`;
}

/** For pages that read their own search part. */
export function anySearch(search: Record<string, unknown>): SearchText {
  return Object.fromEntries(
    Object.entries(search).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
  );
}
