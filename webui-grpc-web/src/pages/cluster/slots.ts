/** What holds slots of an agent. */
export interface Holder {
  id: bigint;
  owner: string;
  slots: number;
}

/** One slot; without an owner but used: by what this page has not heard of yet. */
export type Cell = { used: false } | { used: true; owner: string | null };

/** A run of slots of one owner. */
export interface Segment {
  owner: string | null;
  slots: number;
}

export type Layout =
  | { kind: "cells"; cells: Cell[] }
  | { kind: "bar"; segments: Segment[]; used: number; total: number };

/** As many cells as the eye takes in. */
export const MAX_CELLS = 64;

/**
 * Lays an agent's slots out. The same holders come out in the same order, so that nothing moves while nothing changes;
 * one person's work stands together.
 */
export function layOut(total: number, used: number, holders: readonly Holder[]): Layout {
  const segments = segmentsOf(Math.min(used, total), holders);
  if (total > MAX_CELLS) return { kind: "bar", segments, used, total };
  const cells = segments.flatMap(({ owner, slots }) =>
    Array.from({ length: slots }, (): Cell => ({ used: true, owner })),
  );
  const free = Array.from({ length: total - cells.length }, (): Cell => ({ used: false }));
  return { kind: "cells", cells: [...cells, ...free] };
}

/** By owner, the one with the oldest asset first; never more than are used, and what is missing is nobody's. */
export function segmentsOf(used: number, holders: readonly Holder[]): Segment[] {
  const byOwner = new Map<string, number>();
  let left = used;
  for (const { owner, slots } of [...holders].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const taken = Math.min(slots, left);
    if (taken > 0) byOwner.set(owner, (byOwner.get(owner) ?? 0) + taken);
    left -= taken;
  }
  const segments: Segment[] = [...byOwner].map(([owner, slots]) => ({ owner, slots }));
  return left > 0 ? [...segments, { owner: null, slots: left }] : segments;
}

/** `5 of 8 GPUs used: ada 3, bob 2`: what the picture says, in words. */
export function slotWords(total: number, used: number, unit: string, holders: readonly Holder[]): string {
  const by = segmentsOf(Math.min(used, total), holders).map(({ owner, slots }) => `${owner ?? "others"} ${slots}`);
  const plural = total === 1 ? unit : `${unit}s`;
  return `${used} of ${total} ${plural} used${by.length > 0 ? `: ${by.join(", ")}` : ""}`;
}
