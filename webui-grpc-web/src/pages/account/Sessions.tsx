import { Button } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { ownSessionsQuery, revokeOtherSessions, revokeSession } from "../../api/sessions";
import { confirm } from "../../components/confirm";
import { ErrorPanel } from "../../components/ErrorPanel";
import { notify } from "../../components/notify";
import { exactly, msOf } from "../../components/time";
import type { Session } from "../../gen/pedl/v1/session_pb";
import classes from "./AccountPage.module.css";
import { SessionTable, SessionTableSkeleton } from "./SessionTable";

/** Where one is signed in. */
export function Sessions() {
  const client = useQueryClient();
  const list = useInfiniteQuery(ownSessionsQuery());
  const sessions = list.data?.pages.flatMap((page) => page.sessions) ?? [];
  const again = () => client.invalidateQueries({ queryKey: ["sessions"] });

  const revoke = (session: Session) =>
    confirm({
      title: "End this session?",
      body: (
        <>
          The session from {placeOf(session)}, opened {exactly(msOf(session.createdAt) ?? 0).split("\n")[0]}. Whoever
          uses it has to sign in again.
        </>
      ),
      confirmLabel: "End the session",
      danger: true,
      action: async () => {
        await revokeSession(session.id);
        await again();
      },
    });
  const revokeOthers = () =>
    confirm({
      title: "Sign out everywhere else?",
      body: "All your sessions but this one end, on every machine. Access tokens stay: revoke those one by one below.",
      confirmLabel: "Sign out everywhere else",
      danger: true,
      action: async () => {
        const ended = await revokeOtherSessions().finally(again);
        notify.success(ended === 1 ? "1 other session ended" : `${ended} other sessions ended`);
      },
    });

  return (
    <section className={classes.section} aria-labelledby="sessions">
      <div className={classes.head}>
        <h2 id="sessions">Sessions</h2>
        {sessions.some((session) => !session.current) && (
          <Button variant="default" size="xs" onClick={revokeOthers}>
            Sign out everywhere else
          </Button>
        )}
      </div>
      {list.isPending && <SessionTableSkeleton first="From" />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => list.refetch()} />}
      {sessions.length > 0 && <SessionTable sessions={sessions} first="From" name={placeOf} onRevoke={revoke} />}
      {list.hasNextPage && (
        <Button
          variant="subtle"
          size="xs"
          mt={8}
          loading={list.isFetchingNextPage}
          onClick={() => list.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </section>
  );
}

function placeOf(session: Session): string {
  return session.address === "" ? "an unknown address" : session.address;
}
