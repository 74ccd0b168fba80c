import { infiniteQueryOptions } from "@tanstack/react-query";
import { SessionKind } from "../gen/pedl/v1/session_pb";
import { sessions } from "./clients";

const PAGE = 100;

function ownQuery(kind: SessionKind, key: string) {
  return infiniteQueryOptions({
    queryKey: ["sessions", key],
    queryFn: ({ pageParam, signal }) =>
      sessions.listSessions({ kind, pageSize: PAGE, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.nextPageToken === "" ? null : page.nextPageToken),
  });
}

/** One's own sessions, newest first. */
export function ownSessionsQuery() {
  return ownQuery(SessionKind.LOGIN, "own-logins");
}

/** One's own access tokens, newest first. */
export function ownTokensQuery() {
  return ownQuery(SessionKind.ACCESS_TOKEN, "own-tokens");
}

export function revokeSession(id: bigint) {
  return sessions.revokeSession({ id });
}

/** Ends all of one's sessions but the one that asks, and says how many those were. Access tokens stay. */
export async function revokeOtherSessions(): Promise<number> {
  let ended = 0;
  let pageToken = "";
  do {
    const page = await sessions.listSessions({ kind: SessionKind.LOGIN, pageSize: 500, pageToken });
    for (const session of page.sessions.filter((session) => !session.current)) {
      await revokeSession(session.id);
      ended += 1;
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return ended;
}

/** The answer holds the token. Whoever asks keeps it out of caches, which is why this is no mutation. */
export function createAccessToken(name: string, lifetimeSeconds: number) {
  return sessions.createAccessToken({ name, lifetime: { seconds: BigInt(lifetimeSeconds) } });
}
