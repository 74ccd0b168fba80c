import type { AuditEvent } from "../../gen/pedl/v1/cluster_pb";

/** What stands in a name's place in an event: an account, an asset, or plain words. */
export type Subject =
  | { kind: "user"; username: string }
  | { kind: "asset"; id: string }
  | { kind: "text"; text: string };

const USERNAME = /^[a-z0-9._@-]{1,64}$/;
const NUMBER = /^[1-9]\d{0,15}$/;

/** Actions whose target is an account. */
const OF_USERS = /^(user|session|token)\./;

export function actorOf({ actor }: AuditEvent): Subject {
  return USERNAME.test(actor) ? { kind: "user", username: actor } : { kind: "text", text: actor };
}

export function targetOf({ action, target }: AuditEvent): Subject {
  if (action.startsWith("asset.") && NUMBER.test(target)) return { kind: "asset", id: target };
  // A session's target is a number where it was revoked by it.
  if (OF_USERS.test(action) && USERNAME.test(target) && !NUMBER.test(target)) return { kind: "user", username: target };
  return { kind: "text", text: target };
}
