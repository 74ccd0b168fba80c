import type { DeactivateUserResponse } from "../../gen/pedl/v1/user_pb";

/** What becomes of an account's sessions when it is deactivated. */
export function sessionsWords(count: number): string {
  if (count === 0) return "No session or access token is open. Nobody can sign in as this user.";
  const what = count === 1 ? "1 session or access token ends" : `${count} sessions and access tokens end`;
  return `${what} at once, and nobody can sign in as this user.`;
}

/** What becomes of the work of an account that is deactivated. */
export function workWords(live: number, kills: boolean): string {
  if (live === 0) return "Nothing of this user runs.";
  if (live === 1) return kills ? "1 asset that runs is killed." : "1 asset that runs goes on to its end.";
  return kills ? `${live} assets that run are killed.` : `${live} assets that run go on to their end.`;
}

/** What was done. */
export function deactivated(
  username: string,
  { endedSessions, killedAssets }: Pick<DeactivateUserResponse, "endedSessions" | "killedAssets">,
): string {
  const also = [
    endedSessions > 0 ? `${endedSessions} ${endedSessions === 1 ? "session" : "sessions"} ended` : null,
    killedAssets > 0 ? `${killedAssets} ${killedAssets === 1 ? "asset is" : "assets are"} being killed` : null,
  ].filter((words) => words !== null);
  return [`${username} is inactive`, ...also].join(", ");
}
