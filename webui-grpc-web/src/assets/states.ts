import { AssetState } from "../gen/pedl/v1/asset_pb";

export type Tone = "wait" | "run" | "good" | "warn" | "bad" | "off";

/** How a state is told. */
export interface State {
  readonly state: AssetState;
  /** As people read it. */
  readonly label: string;
  /** As it stands in URLs and as the command line writes it, in lower case. */
  readonly name: string;
  /** Names a colour, `--tone-…`; the mark's shape says it first. */
  readonly tone: Tone;
  /** Whether nothing comes after it. */
  readonly ended: boolean;
}

/** In the order in which an asset goes through them. */
export const states: readonly State[] = [
  { state: AssetState.QUEUED, label: "Queued", name: "queued", tone: "wait", ended: false },
  { state: AssetState.STARTING, label: "Starting", name: "starting", tone: "run", ended: false },
  { state: AssetState.RUNNING, label: "Running", name: "running", tone: "run", ended: false },
  { state: AssetState.PAUSED, label: "Paused", name: "paused", tone: "warn", ended: false },
  { state: AssetState.STOPPING, label: "Stopping", name: "stopping", tone: "warn", ended: false },
  { state: AssetState.COMPLETED, label: "Completed", name: "completed", tone: "good", ended: true },
  { state: AssetState.FAILED, label: "Failed", name: "failed", tone: "bad", ended: true },
  { state: AssetState.KILLED, label: "Killed", name: "killed", tone: "off", ended: true },
  { state: AssetState.LOST, label: "Lost", name: "lost", tone: "bad", ended: true },
];

const unknown: State = {
  state: AssetState.UNSPECIFIED,
  label: "Unknown",
  name: "unknown",
  tone: "off",
  ended: false,
};

/** A state that a newer master knows and this page does not is told as unknown. */
export function stateOf(state: AssetState): State {
  return states.find((s) => s.state === state) ?? unknown;
}

export function stateNamed(name: string): State | undefined {
  return states.find((s) => s.name === name);
}

/** Whether nothing comes after this state. */
export function hasEnded(state: AssetState): boolean {
  return stateOf(state).ended;
}
