import type { Agent } from "../../gen/pedl/v1/cluster_pb";

/** What draining an agent does. */
export function drainWords(tasks: number): string {
  if (tasks === 0) return "New tasks go elsewhere. Nothing runs here now.";
  return tasks === 1
    ? "New tasks go elsewhere; the one that is here goes on to its end."
    : `New tasks go elsewhere; ${tasks} go on to their end.`;
}

export function killWords(assets: number): string {
  return assets === 1 ? "1 asset is being killed" : `${assets} assets are being killed`;
}

/** `3 agents, 1 out of reach · 12 of 16 slots used`. */
export function summary(agents: readonly Pick<Agent, "connected" | "slots" | "usedSlots">[]): string {
  const away = agents.filter(({ connected }) => !connected).length;
  const reached = agents.filter(({ connected }) => connected);
  const sum = (count: (agent: (typeof agents)[number]) => number) =>
    reached.reduce((all, agent) => all + count(agent), 0);
  const machines = `${agents.length} ${agents.length === 1 ? "agent" : "agents"}${away > 0 ? `, ${away} out of reach` : ""}`;
  return `${machines} · ${sum((agent) => agent.usedSlots)} of ${sum((agent) => agent.slots)} slots used`;
}
