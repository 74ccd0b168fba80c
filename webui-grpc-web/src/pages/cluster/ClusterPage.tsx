import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { agentsQuery, holdersQuery } from "../../api/cluster";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { Icon } from "../../components/Icon";
import { PageHeader } from "../../components/PageHeader";
import { useSession } from "../../session/session";
import { AddAgentDialog } from "./AddAgentDialog";
import { AgentList, AgentListSkeleton } from "./AgentList";
import classes from "./ClusterPage.module.css";
import { Queue } from "./Queue";
import { summary } from "./words";

const route = getRouteApi("/frame/cluster");

/** The machines, and what waits for a place on them. */
export default function ClusterPage() {
  const { user } = useSession();
  const { pool = "", agent: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const [adds, setAdds] = useState(false);
  const agents = useQuery(agentsQuery());
  const held = useQuery(holdersQuery());
  const all = agents.data ?? [];
  const pools = [...new Set([...all.map(({ resourcePool }) => resourcePool), ...(pool === "" ? [] : [pool])])].sort();
  const shown = all.filter(({ resourcePool }) => pool === "" || resourcePool === pool);

  return (
    <>
      <PageHeader
        title="Cluster"
        lead={agents.data && summary(shown)}
        actions={
          <>
            {pools.length > 1 && (
              <Select
                aria-label="Resource pool"
                w={176}
                size="xs"
                data={[
                  { value: "", label: "All pools" },
                  ...pools.map((name) => ({ value: name, label: `Pool ${name}` })),
                ]}
                value={pool}
                allowDeselect={false}
                onChange={(name) => navigate({ search: name ? { pool: name } : {} })}
              />
            )}
            {user.admin && (
              <Button size="xs" leftSection={<Icon name="plus" size={14} />} onClick={() => setAdds(true)}>
                Add an agent
              </Button>
            )}
          </>
        }
      />
      <section aria-label="Agents">
        {agents.isError && <ErrorPanel error={agents.error} onRetry={() => agents.refetch()} />}
        {agents.isPending && <AgentListSkeleton />}
        {shown.length > 0 && (
          <AgentList
            agents={shown}
            held={held.data ?? {}}
            opened={opened}
            onOpen={(agent) =>
              navigate({
                search: ({ agent: _, ...others }) => (agent === undefined ? others : { ...others, agent }),
                replace: true,
              })
            }
          />
        )}
        {agents.isSuccess && shown.length === 0 && (
          <EmptyState
            title={pool === "" ? "No agent has joined yet" : `No agent serves the pool ${pool}`}
            command="pedl -u admin agent create-token"
          >
            Agents are the machines that run work. Each joins with a token.
          </EmptyState>
        )}
      </section>
      <section className={classes.queue} aria-labelledby="queue">
        <h2 id="queue">Queue</h2>
        <Queue pool={pool} />
      </section>
      {adds && <AddAgentDialog onClose={() => setAdds(false)} />}
    </>
  );
}
