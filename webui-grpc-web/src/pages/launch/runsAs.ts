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
      warning: "What it writes to bind mounts belongs to that user: root, unless the administrator chose another.",
    };
  }
  const text = `${link.user} (${link.uid}:${link.gid})`;
  if (link.uid !== 0n) return { text };
  return {
    text,
    warning: "What it writes to bind mounts belongs to root, and it may change files of others there.",
  };
}
