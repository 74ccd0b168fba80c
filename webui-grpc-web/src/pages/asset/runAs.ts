import type { AgentUser } from "../../gen/pedl/v1/user_pb";

/** What the master takes where the account says nothing. */
const UMASK = 0o022;

/** Whom something runs as, as `id` and `umask` would say it. */
export function runAsWords({ uid, user, gid, group, supplementaryGids, umask }: AgentUser): {
  user: string;
  group: string;
  further: string | undefined;
  umask: string;
} {
  return {
    user: `${user} (${uid})`,
    group: `${group} (${gid})`,
    further: supplementaryGids.length > 0 ? supplementaryGids.join(", ") : undefined,
    umask: (umask ?? UMASK).toString(8).padStart(4, "0"),
  };
}
