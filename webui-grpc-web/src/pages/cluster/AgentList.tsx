import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { assetsOnQuery } from "../../api/cluster";
import { ErrorPanel } from "../../components/ErrorPanel";
import { Icon } from "../../components/Icon";
import { RelativeTime } from "../../components/RelativeTime";
import { Skeleton, SkeletonLines } from "../../components/Skeleton";
import { rowKey, useRowKeys } from "../../components/useRowKeys";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import type { Agent } from "../../gen/pedl/v1/cluster_pb";
import { useSession } from "../../session/session";
import classes from "./AgentList.module.css";
import { AgentMenu } from "./AgentMenu";
import { AssetLines } from "./AssetLines";
import { ConditionMark } from "./ConditionMark";
import { slotsOf } from "./queue";
import { Slots } from "./Slots";

interface Props {
  agents: readonly Agent[];
  /** What holds places, by agent. */
  held: Readonly<Record<string, Asset[]>>;
  opened: string | undefined;
  onOpen: (agent: string | undefined) => void;
}

/** The machines, how they stand and whose work is on them. */
export function AgentList({ agents, held, opened, onOpen }: Props) {
  const list = useRef<HTMLUListElement>(null);
  useRowKeys(list);
  return (
    <>
      <Head />
      <ul ref={list} className={classes.list}>
        {agents.map((agent) => (
          <Row
            key={agent.name}
            agent={agent}
            assets={held[agent.name] ?? []}
            isOpen={opened === agent.name}
            onToggle={() => onOpen(opened === agent.name ? undefined : agent.name)}
          />
        ))}
      </ul>
    </>
  );
}

function Head() {
  return (
    <div className={classes.head} aria-hidden="true">
      <span>Agent</span>
      <span>State</span>
      <span>Slots</span>
      <span className={classes.pool}>Pool</span>
      <span className={classes.tasks}>Tasks</span>
    </div>
  );
}

function Row({
  agent,
  assets,
  isOpen,
  onToggle,
}: {
  agent: Agent;
  assets: Asset[];
  isOpen: boolean;
  onToggle: () => void;
}) {
  const { user } = useSession();
  const id = `agent-${agent.name}`;
  const holders = assets.map((asset) => ({ id: asset.id, owner: asset.owner, slots: slotsOf(asset) }));
  return (
    <li className={classes.item}>
      <div className={classes.row}>
        <button
          type="button"
          className={classes.name}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={onToggle}
          {...rowKey}
        >
          <Icon name={isOpen ? "down" : "right"} size={14} />
          <span>
            {agent.name}
            <span className={classes.version}>
              <span className="visually-hidden">version </span>
              {agent.version}
            </span>
          </span>
        </button>
        <span className={classes.state}>
          <ConditionMark agent={agent} />
        </span>
        <div className={classes.slots}>
          <Slots agent={agent} holders={holders} />
        </div>
        <span className={classes.pool}>
          <span className="visually-hidden">Pool </span>
          {agent.resourcePool}
        </span>
        <span className={classes.tasks}>
          {agent.tasks}
          <span className="visually-hidden"> tasks</span>
        </span>
        <span className={classes.menu}>{user.admin && <AgentMenu agent={agent} />}</span>
      </div>
      {isOpen && (
        <div id={id} className={classes.inside}>
          <p className={classes.more}>
            Pool {agent.resourcePool} · joined <RelativeTime at={agent.registeredAt} />
          </p>
          <Inside agent={agent.name} known={assets} />
        </div>
      )}
    </li>
  );
}

function Inside({ agent, known }: { agent: string; known: Asset[] }) {
  const assets = useQuery(assetsOnQuery(agent));
  if (assets.isError) return <ErrorPanel error={assets.error} onRetry={() => assets.refetch()} />;
  if (assets.isPending) return known.length > 0 ? <AssetLines assets={known} /> : <SkeletonLines lines={1} />;
  return assets.data.length > 0 ? <AssetLines assets={assets.data} /> : <p className="quiet">Nothing runs here.</p>;
}

export function AgentListSkeleton() {
  return (
    <div aria-busy="true">
      <Head />
      {[96, 128, 112].map((width) => (
        <div key={width} className={classes.item}>
          <div className={classes.row}>
            <Skeleton width={width} />
            <span className={classes.state}>
              <Skeleton width={80} />
            </span>
            <div className={classes.slots}>
              <Skeleton width={180} />
            </div>
          </div>
        </div>
      ))}
    </div>
  );
}
