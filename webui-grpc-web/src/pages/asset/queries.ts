import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { assets, cluster } from "../../api/clients";
import type { Kind } from "../../assets/kinds";
import { hasEnded } from "../../assets/states";
import { type Asset, AssetState } from "../../gen/pedl/v1/asset_pb";

/** How often the page asks how an asset stands, in milliseconds: one row, and only while somebody looks at it. */
const LIVE = 2000;
/** A lost one may be found again. */
const LOST = 15_000;

export function assetQuery(id: bigint, kind: Kind) {
  return queryOptions({
    queryKey: ["asset", String(id), kind.path],
    queryFn: async ({ signal }) => {
      const { asset } = await assets.getAsset({ id, kind: kind.kind }, { signal });
      if (asset === undefined) throw new Error("the master's answer has no asset");
      return asset;
    },
    // What was fetched on the way to the page is not fetched again on it.
    staleTime: 1000,
    refetchOnWindowFocus: true,
    refetchInterval: ({ state: { data, error } }) => {
      if (error !== null) return false;
      if (data === undefined || !hasEnded(data.state)) return LIVE;
      return data.state === AssetState.LOST ? LOST : false;
    },
  });
}

/** The events of an asset as it stands; another state has other events. */
export function eventsQuery({ id, state, stateReason }: Asset) {
  return infiniteQueryOptions({
    queryKey: ["asset", String(id), "events", state, stateReason],
    queryFn: ({ pageParam, signal }) => assets.listAssetEvents({ id, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.nextPageToken === "" ? null : page.nextPageToken),
    placeholderData: keepPreviousData,
  });
}

/** The place of a waiting asset in its pool's queue; null where it is far back, or not there any more. */
export function queuePlaceQuery({ id, resourcePool }: Asset) {
  return queryOptions({
    queryKey: ["asset", String(id), "place"],
    queryFn: async ({ signal }) => {
      const { entries } = await cluster.listQueue({ resourcePool, pageSize: 500 }, { signal });
      const entry = entries.find(({ asset }) => asset?.id === id);
      return entry ? Number(entry.position) : null;
    },
    refetchInterval: 5000,
  });
}
