import { ActionIcon, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { assetsOnQuery, disableAgent, drainAgent, enableAgent } from "../../api/cluster";
import { confirm } from "../../components/confirm";
import { ErrorPanel } from "../../components/ErrorPanel";
import { Icon } from "../../components/Icon";
import { notify } from "../../components/notify";
import { SkeletonLines } from "../../components/Skeleton";
import type { Agent } from "../../gen/pedl/v1/cluster_pb";
import { AssetLines } from "./AssetLines";
import { verbsFor } from "./condition";
import { drainWords, killWords } from "./words";

/** What administrators do with an agent. */
export function AgentMenu({ agent }: { agent: Agent }) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ["cluster"] });
  const { name } = agent;

  const enable = async () => {
    try {
      await enableAgent(name);
      await again();
      notify.success(`${name} takes tasks again`);
    } catch (error) {
      notify.failure(error);
    }
  };
  const drain = () =>
    confirm({
      title: `Drain ${name}`,
      body: drainWords(agent.tasks),
      confirmLabel: "Drain",
      action: async () => {
        await drainAgent(name);
        await again();
      },
    });
  const disable = () =>
    confirm({
      title: `Disable ${name}`,
      body: <Killed agent={name} />,
      confirmLabel: agent.tasks > 0 ? "Disable and kill" : "Disable",
      danger: true,
      action: async () => {
        const { killedAssets } = await disableAgent(name);
        await again();
        notify.success(killedAssets > 0 ? `${name} is disabled; ${killWords(killedAssets)}` : `${name} is disabled`);
      },
    });
  const items = {
    enable: { label: "Enable", act: enable },
    drain: { label: "Drain…", act: drain },
    disable: { label: "Disable…", act: disable },
  };

  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon size={28} aria-label={`Actions for ${name}`}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {verbsFor(agent).map((verb) => (
          <Menu.Item key={verb} onClick={items[verb].act} {...(verb === "disable" ? { color: "var(--tone-bad)" } : {})}>
            {items[verb].label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Names what disabling an agent kills, as it stands while one reads. */
function Killed({ agent }: { agent: string }) {
  const assets = useQuery({ ...assetsOnQuery(agent), staleTime: 0 });
  if (assets.isPending) return <SkeletonLines lines={3} />;
  if (assets.isError) return <ErrorPanel error={assets.error} onRetry={() => assets.refetch()} />;
  return (
    <>
      <p>New tasks go elsewhere. {assets.data.length === 0 ? "Nothing runs here now." : "This is killed:"}</p>
      <AssetLines assets={assets.data} />
      {assets.data.length > 0 && <p>To let it come to its end, drain the agent instead.</p>}
    </>
  );
}
