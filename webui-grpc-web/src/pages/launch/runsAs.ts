import type { AgentUser } from "../../gen/pedl/v1/user_pb";

export interface RunsAs {
  /** Whom it runs as, in words. */
  text: string;
  /** What to know where it has bind mounts; undefined: nothing. */
  warning?: string;
}

/** Whom a command of an account runs as. */
export function runsAs(link: AgentUser | undefined): RunsAs {
  if (link === undefined) {
    return {
      text: "the cluster's default user",
      warning:
        "Your account is not linked with a user of the agents, so this runs as the cluster's default user: root, unless the administrator chose another. What it writes to bind mounts belongs to that user.",
    };
  }
  const text = `${link.user} (${link.uid}:${link.gid})`;
  if (link.uid !== 0n) return { text };
  return {
    text,
    warning:
      "This runs as root: what it writes to bind mounts belongs to root, and it may change files of others there.",
  };
}
