import { useEffect, useMemo } from "react";
import type { AssetFilter } from "../../api/assets";
import type { AssetOrder } from "../../gen/pedl/v1/asset_pb";
import { onSessionChange } from "../../session/session";
import { useStore } from "../../store";
import { whileLookedAt } from "../../whileLookedAt";
import { createLiveSource, type LiveSource, type Shown } from "./liveSource";

/** The lists seen last, so that who comes back finds them as they were, and only hears of what changed meanwhile. */
const kept = new Map<string, LiveSource>();
const keptAtMost = 3;

onSessionChange(() => kept.clear());

function sourceFor(filter: AssetFilter, order: AssetOrder): LiveSource {
  const key = JSON.stringify([filter, order]);
  const source = kept.get(key) ?? createLiveSource(filter, order);
  kept.delete(key);
  kept.set(key, source);
  for (const oldest of kept.keys()) {
    if (kept.size <= keptAtMost) break;
    kept.delete(oldest);
  }
  return source;
}

/** The list of this filter, kept up to date while the page is open. Filter and order must be the same objects while they mean the same. */
export function useLiveSource(filter: AssetFilter, order: AssetOrder): [LiveSource, Shown] {
  const source = useMemo(() => sourceFor(filter, order), [filter, order]);
  useEffect(() => whileLookedAt(source.start), [source]);
  return [source, useStore(source.shown)];
}
