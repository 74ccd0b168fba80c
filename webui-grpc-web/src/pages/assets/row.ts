import { timestampMs } from "@bufbuild/protobuf/wkt";
import { stateOf } from "../../assets/states";
import type { Asset, AssetKind, AssetState } from "../../gen/pedl/v1/asset_pb";

/** What a list shows of an asset, and no more: a list may have tens of thousands. */
export interface Row {
  readonly id: number;
  readonly kind: AssetKind;
  readonly owner: string;
  readonly description: string;
  readonly state: AssetState;
  readonly reason: string;
  readonly agent: string;
  readonly exitCode: number | undefined;
  /** Times are in milliseconds since 1970. */
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

export function rowOf(asset: Asset): Row {
  const task = asset.latestTask;
  return {
    id: Number(asset.id),
    kind: asset.kind,
    owner: asset.owner,
    description: asset.description,
    state: asset.state,
    reason: asset.stateReason || task?.stateReason || "",
    agent: task?.agent ?? "",
    exitCode: task?.exitCode,
    createdAt: asset.createdAt ? timestampMs(asset.createdAt) : 0,
    startedAt: asset.startedAt && timestampMs(asset.startedAt),
    endedAt: asset.endedAt && timestampMs(asset.endedAt),
  };
}

/** Why a row cannot be killed by this person; undefined: it can. */
export function whyNotKill(row: Row, me: { username: string; admin: boolean }): string | undefined {
  const { ended, label } = stateOf(row.state);
  if (ended) return `It has ended (${label.toLowerCase()}).`;
  if (row.owner !== me.username && !me.admin) return `Only ${row.owner} and administrators may kill it.`;
  return undefined;
}
