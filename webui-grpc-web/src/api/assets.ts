import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Asset, AssetFilterSchema, AssetOrder } from "../gen/pedl/v1/asset_pb";
import { assets } from "./clients";

export type AssetFilter = MessageInitShape<typeof AssetFilterSchema>;

const assetPageSize = 100;

/** A page of assets; `pageToken` empty: the first. */
export function listAssets(
  filter: AssetFilter,
  order: AssetOrder,
  pageToken: string,
  signal: AbortSignal,
  pageSize = assetPageSize,
) {
  return assets.listAssets({ filter, order, pageToken, pageSize }, { signal });
}

/** The assets that change, from a list's `watchCursor` or the last `cursor` on. */
export function watchAssets(filter: AssetFilter, cursor: string, signal: AbortSignal) {
  return assets.watchAssets({ filter, cursor }, { signal });
}

/** Asks for an asset's end; answers with it as it stands then. */
export async function killAsset(id: number): Promise<Asset | undefined> {
  const { asset } = await assets.killAsset({ id: BigInt(id) });
  return asset;
}
