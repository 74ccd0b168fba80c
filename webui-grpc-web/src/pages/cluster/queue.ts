import type { Asset } from "../../gen/pedl/v1/asset_pb";
import type { QueueEntry } from "../../gen/pedl/v1/cluster_pb";

/** How many slots an asset holds or waits for: 1 unless it says otherwise. */
export function slotsOf(asset: Asset): number {
  return asset.spec.value?.container?.slots ?? 1;
}

export interface PoolQueue {
  pool: string;
  entries: QueueEntry[];
}

/** The queue's pools in the master's order, each with its entries. */
export function byPool(entries: readonly QueueEntry[]): PoolQueue[] {
  const pools = new Map<string, QueueEntry[]>();
  for (const entry of entries) {
    const pool = entry.asset?.resourcePool ?? "";
    pools.set(pool, [...(pools.get(pool) ?? []), entry]);
  }
  return [...pools].map(([pool, entries]) => ({ pool, entries }));
}

/** Pages are read one after another while the queue moves: what stands on two of them is shown once, as told last. */
export function withoutRepeats(entries: readonly QueueEntry[]): QueueEntry[] {
  const byId = new Map<bigint, QueueEntry>();
  for (const entry of entries) {
    if (entry.asset !== undefined) byId.set(entry.asset.id, entry);
  }
  return [...byId.values()];
}
