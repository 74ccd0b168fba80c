import type { Asset } from "../../gen/pedl/v1/asset_pb";
import type { QueueEntry } from "../../gen/pedl/v1/cluster_pb";

/** An asset that waits, and its place in its pool's queue. */
export interface Waiting {
  asset: Asset;
  position: bigint;
}

/** How many slots an asset holds or waits for: 1 unless it says otherwise. */
export function slotsOf(asset: Asset): number {
  return asset.spec.value?.container?.slots ?? 1;
}

/** Pages are read one after another while the queue moves: what stands on two of them is shown once, as told last. */
export function waiting(entries: readonly QueueEntry[]): Waiting[] {
  const byId = new Map<bigint, Waiting>();
  for (const { asset, position } of entries) {
    if (asset !== undefined) byId.set(asset.id, { asset, position });
  }
  return [...byId.values()];
}

export function poolsOf(queue: readonly Waiting[]): number {
  return new Set(queue.map(({ asset }) => asset.resourcePool)).size;
}

/** Why an asset waits, without the pool: that stands beside it. */
export function whyWords({ stateReason, resourcePool }: Pick<Asset, "stateReason" | "resourcePool">): string {
  return stateReason.replace(` in resource pool \`${resourcePool}\``, "");
}
