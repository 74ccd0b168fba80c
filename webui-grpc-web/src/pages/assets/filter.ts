import type { AssetFilter } from "../../api/assets";
import type { Kind } from "../../assets/kinds";
import { stateNamed } from "../../assets/states";
import { type ListSearch, type Sort, statesIn } from "./search";

/** Everybody's, as it stands in the URL. */
export const everybody = "all";

/** What the master is asked for. */
export function filterOf(kind: Kind, { owner, state, q }: ListSearch): AssetFilter {
  return {
    kind: kind.kind,
    allOwners: owner === everybody,
    owner: owner === undefined || owner === everybody ? "" : owner,
    states: statesIn(state).flatMap((name) => stateNamed(name)?.state ?? []),
    text: q ?? "",
  };
}

/** Whether the list is the reader's own work and nobody else's. */
export function isMine({ owner }: ListSearch, me: string): boolean {
  return owner === undefined || owner === me;
}

/** Whether something beside the owner narrows the list. */
export function isNarrowed({ state, q }: ListSearch): boolean {
  return state !== undefined || q !== undefined;
}

/** The states of the filter after one was switched. */
export function switchState(list: string | undefined, name: string): string | undefined {
  const names = statesIn(list);
  const next = names.includes(name) ? names.filter((n) => n !== name) : [...names, name];
  return next.join(",") || undefined;
}

/** What a colleague has to open to see the same: whose it is, is said. */
export function sharedSearch(search: ListSearch, me: string): ListSearch {
  return { ...search, owner: search.owner ?? me };
}

/** The order as the table's headers tell it. */
export function sortedBy(sort: Sort | undefined): { id: string; descending: boolean } {
  switch (sort) {
    case undefined:
      return { id: "id", descending: true };
    case "oldest":
      return { id: "id", descending: false };
    default:
      return { id: sort.replace("-", ""), descending: sort.startsWith("-") };
  }
}

/** And back. Numbers and times start with the newest. */
export function sortFor(by: { id: string; descending: boolean }, before: Sort | undefined): Sort | undefined {
  const turned = sortedBy(before).id === by.id;
  switch (by.id) {
    case "id":
      return turned && !by.descending ? "oldest" : undefined;
    case "ended":
      return turned && !by.descending ? "ended" : "-ended";
    default:
      return by.descending ? "-description" : "description";
  }
}
