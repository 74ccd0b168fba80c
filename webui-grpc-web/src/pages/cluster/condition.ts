import type { Agent } from "../../gen/pedl/v1/cluster_pb";

/** How an agent stands: first whether it can be reached, then whether it takes tasks. */
export type Condition = "connected" | "away" | "draining" | "disabled";

type Told = Pick<Agent, "connected" | "enabled" | "draining">;

export function conditionOf({ connected, enabled, draining }: Told): Condition {
  if (!connected) return "away";
  if (enabled) return "connected";
  return draining ? "draining" : "disabled";
}

/** What is to be said beside the condition; null: nothing. */
export function asideOf(agent: Told): string | null {
  if (conditionOf(agent) !== "away" || agent.enabled) return null;
  return agent.draining ? "draining" : "disabled";
}

export const CONDITION_LABEL: Record<Condition, string> = {
  connected: "Connected",
  away: "Out of reach",
  draining: "Draining",
  disabled: "Disabled",
};

/** What an administrator may do with it. */
export function verbsFor({ enabled, draining }: Told): ("enable" | "drain" | "disable")[] {
  if (enabled) return ["drain", "disable"];
  return draining ? ["enable", "disable"] : ["enable"];
}
