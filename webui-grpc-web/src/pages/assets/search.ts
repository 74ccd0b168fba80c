import { stateNamed } from "../../assets/states";

/** The orders that a list can be in, as they stand in its URL; absent: newest first. */
export const sorts = ["oldest", "description", "-description", "ended", "-ended"] as const;
export type Sort = (typeof sorts)[number];

/** All that a list of assets shows is in its URL. */
export type ListSearch = {
  /** `all`, or whose; absent: mine. */
  owner?: string;
  /** State names with commas between; absent: every one. */
  state?: string;
  /** Text in the description. */
  q?: string;
  sort?: Sort;
};

/** Takes what can be understood of a URL, and leaves the rest out. */
export function validateListSearch(search: Record<string, unknown>): ListSearch {
  const out: ListSearch = {};
  const text = (key: string) => (typeof search[key] === "string" ? search[key].trim() : "");
  const owner = text("owner").toLowerCase();
  if (/^[a-z0-9._@-]{1,64}$/.test(owner)) out.owner = owner;
  const state = statesIn(text("state").toLowerCase()).join(",");
  if (state) out.state = state;
  const q = text("q").slice(0, 256);
  if (q) out.q = q;
  const sort = sorts.find((s) => s === text("sort"));
  if (sort) out.sort = sort;
  return out;
}

/** The names of states in such a list; each once, unknown ones left out. */
export function statesIn(list: string | undefined): string[] {
  return [...new Set((list ?? "").split(",").filter((name) => stateNamed(name)))];
}
