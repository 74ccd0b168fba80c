/** What the address bar holds of the cluster. */
export interface ClusterSearch {
  /** Only this resource pool. */
  pool?: string;
  /** The agent that is unfolded. */
  agent?: string;
}

/** Takes what is usable of an address that anybody may have typed. */
export function parseClusterSearch(search: Record<string, unknown>): ClusterSearch {
  const { pool, agent } = search;
  return {
    ...(typeof pool === "string" && poolProblem(pool) === undefined ? { pool } : {}),
    ...(typeof agent === "string" && agent !== "" ? { agent } : {}),
  };
}

/** What the master would refuse of a pool's name; undefined: nothing. */
export function poolProblem(name: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name) ? undefined : "1 to 64 of the characters a-z A-Z 0-9 . _ -";
}
