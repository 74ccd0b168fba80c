/** The parts of an asset's page, as its URL's `tab` names them; the log is there without. */
export const TABS = ["log", "config", "events"] as const;
export type Tab = (typeof TABS)[number];

export function tabOf(search: { readonly tab?: unknown }): Tab {
  return TABS.find((tab) => tab === search.tab) ?? "log";
}

/** The number that a path names, or undefined where there can be no such asset. */
export function parseId(text: string): bigint | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? BigInt(text) : undefined;
}
