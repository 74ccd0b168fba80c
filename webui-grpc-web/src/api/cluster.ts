import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Asset, AssetState } from "../gen/pedl/v1/asset_pb";
import { assets, cluster } from "./clients";

/** How often a page that is looked at asks how the cluster stands. In milliseconds. */
const LIVE = 2_000;
const PAGE = 500;

/** More live assets than the slots of a cluster are drawn for. */
const MAX_HOLDERS = 2_000;

/** States in which an asset can hold a place on an agent. */
const HOLDING = [AssetState.STARTING, AssetState.RUNNING, AssetState.STOPPING];

export function agentsQuery() {
  return queryOptions({
    queryKey: ["cluster", "agents"],
    queryFn: async ({ signal }) => (await cluster.listAgents({}, { signal })).agents,
    refetchInterval: LIVE,
  });
}

/** What holds places anywhere, by agent. */
export function holdersQuery() {
  return queryOptions({
    queryKey: ["cluster", "holders"],
    queryFn: async ({ signal }) => byAgent(await listAll({ allOwners: true, states: HOLDING }, signal)),
    refetchInterval: LIVE,
  });
}

/** What an agent holds now, newest first. */
export function assetsOnQuery(agent: string) {
  return queryOptions({
    queryKey: ["cluster", "assets-on", agent],
    queryFn: ({ signal }) => listAll({ allOwners: true, agent }, signal),
    refetchInterval: LIVE,
  });
}

async function listAll(filter: { allOwners: boolean; states?: AssetState[]; agent?: string }, signal: AbortSignal) {
  const list: Asset[] = [];
  let pageToken = "";
  do {
    const page = await assets.listAssets({ filter, pageSize: PAGE, pageToken }, { signal });
    list.push(...page.assets);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && list.length < MAX_HOLDERS);
  return list;
}

function byAgent(list: readonly Asset[]): Record<string, Asset[]> {
  const agents: Record<string, Asset[]> = Object.create(null);
  for (const asset of list) {
    const agent = asset.latestTask?.agent ?? "";
    if (agent === "") continue;
    const held = agents[agent] ?? [];
    held.push(asset);
    agents[agent] = held;
  }
  return agents;
}

/** What waits in a pool, or, with an empty name, in all of them. */
export function queueQuery(pool: string) {
  return infiniteQueryOptions({
    queryKey: ["cluster", "queue", pool],
    queryFn: ({ pageParam, signal }) =>
      cluster.listQueue({ resourcePool: pool, pageSize: 100, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.nextPageToken === "" ? null : page.nextPageToken),
    // Every page that is shown is asked for again.
    refetchInterval: ({ state }) => LIVE * (state.data?.pages.length ?? 1),
  });
}

export function enableAgent(name: string) {
  return cluster.enableAgent({ name });
}

/** New tasks go elsewhere; what runs there goes on. */
export function drainAgent(name: string) {
  return cluster.disableAgent({ name, drain: true });
}

/** New tasks go elsewhere; what runs there is killed. */
export function disableAgent(name: string) {
  return cluster.disableAgent({ name });
}

/** The answer holds the token. Whoever asks keeps it out of caches, which is why this is no mutation. */
export function createAgentToken(resourcePool: string, lifetimeSeconds: number) {
  return cluster.createAgentToken({ resourcePool, lifetime: { seconds: BigInt(lifetimeSeconds) } });
}
