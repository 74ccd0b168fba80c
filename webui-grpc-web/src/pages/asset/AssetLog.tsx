import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { assets } from "../../api/clients";
import type { Kind } from "../../assets/kinds";
import { hasEnded } from "../../assets/states";
import { type Asset, AssetState } from "../../gen/pedl/v1/asset_pb";
import { LogView } from "../../log/LogView";
import { formatLines, type LineRange, parseLines } from "../../log/lineHash";
import { logOf } from "../../log/source";
import { assetQuery } from "./queries";

/** The log of an asset's newest task. */
export function AssetLog({ asset, kind }: { asset: Asset; kind: Kind }) {
  const taskId = asset.latestTask?.id;
  const read = useMemo(() => (taskId === undefined ? undefined : logOf(assets, taskId)), [taskId]);
  const hash = useLocation({ select: (location) => location.hash });
  const chosen = useMemo(() => parseLines(hash), [hash]);
  const navigate = useNavigate();
  const onChoose = useCallback(
    (lines: LineRange | undefined) => {
      const hash = lines === undefined ? "" : formatLines(lines);
      void navigate({ to: ".", search: true, hash, replace: true, resetScroll: false, hashScrollIntoView: false });
    },
    [navigate],
  );
  const queries = useQueryClient();
  const { id } = asset;
  const ended = hasEnded(asset.state);
  // The log ends with the task: no need to wait for the next look at how the asset stands.
  const onEnded = useCallback(() => {
    if (!ended) void queries.invalidateQueries({ queryKey: assetQuery(id, kind).queryKey });
  }, [queries, id, kind, ended]);
  if (read === undefined) return <p className="quiet">It has no task yet, and no log.</p>;
  return (
    <LogView
      key={taskId}
      read={read}
      label={`Log of ${kind.noun} ${asset.id}`}
      fileName={`${kind.cli}-${asset.id}.log`}
      hasEnded={hasEnded(asset.latestTask?.state ?? asset.state) && asset.state !== AssetState.LOST}
      chosen={chosen}
      onChoose={onChoose}
      onEnded={onEnded}
      whileEmpty={emptyWords(asset)}
    />
  );
}

function emptyWords({ state, stateReason }: Asset): string {
  if (state === AssetState.QUEUED) return stateReason ? `It ${stateReason}.` : "It waits for a place.";
  if (state === AssetState.STARTING)
    return stateReason ? `Its container is being made: ${stateReason}` : "Its container is being made.";
  if (hasEnded(state)) return "It wrote nothing.";
  return "It has written nothing yet.";
}
