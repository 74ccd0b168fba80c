import type { IconName } from "../components/Icon";

/** Something that the palette offers. */
export interface Item {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  /** Said beside it, more quietly. */
  readonly hint?: string;
  readonly icon: IconName;
  /** Whose it is, where it is a person's. */
  readonly owner?: string;
  readonly run: () => unknown;
}

/** How well a text fits what was typed: lower is better; undefined: not at all. Each word must be found, in any order. */
export function rank(text: string, typed: string): number | undefined {
  const haystack = text.toLowerCase();
  let total = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = haystack.indexOf(word);
    if (at < 0) return undefined;
    const startsWord = at === 0 || /[\s._@-]/.test(haystack.charAt(at - 1));
    total += startsWord ? Math.min(at, 20) : 50 + Math.min(at, 20);
  }
  return total;
}

/** The items that fit, the best first; equal ones stay in their order. */
export function matching(items: readonly Item[], typed: string, atMost: number): Item[] {
  return items
    .flatMap((item) => {
      const fit = rank(`${item.label} ${item.hint ?? ""}`, typed);
      return fit === undefined ? [] : [{ item, fit }];
    })
    .sort((a, b) => a.fit - b.fit)
    .slice(0, atMost)
    .map(({ item }) => item);
}

/** The number that was typed, if it was one: `42` or `#42`. */
export function numberIn(typed: string): string | undefined {
  return /^\s*#?(\d{1,15})\s*$/.exec(typed)?.[1];
}

/** The items under their groups, in the order in which groups first come. */
export function grouped(items: readonly Item[]): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return [...groups];
}
