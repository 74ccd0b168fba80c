import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { RelativeTime } from "../../components/RelativeTime";
import { Skeleton } from "../../components/Skeleton";
import type { Session } from "../../gen/pedl/v1/session_pb";
import classes from "./SessionTable.module.css";

interface Props {
  sessions: Session[];
  /** What the first column says of one. */
  first: string;
  name: (session: Session) => ReactNode;
  onRevoke: (session: Session) => void;
}

/** One's sessions or access tokens: when each was opened, last used, and ends. */
export function SessionTable({ sessions, first, name, onRevoke }: Props) {
  return (
    <table className={classes.table}>
      <Head first={first} />
      <tbody>
        {sessions.map((session) => (
          <tr key={String(session.id)} data-current={session.current || undefined}>
            <td>
              {name(session)}
              <span className={classes.second}>
                used <RelativeTime at={session.lastUsedAt} /> · ends <RelativeTime at={session.expiresAt} />
              </span>
            </td>
            <td className={classes.wide}>
              <RelativeTime at={session.createdAt} />
            </td>
            <td className={classes.wide}>
              <RelativeTime at={session.lastUsedAt} />
            </td>
            <td className={classes.wide}>
              <RelativeTime at={session.expiresAt} />
            </td>
            <td className={classes.verbs}>
              {session.current ? (
                <span className="quiet">This session</span>
              ) : (
                <Button variant="subtle" size="compact-sm" color="var(--tone-bad)" onClick={() => onRevoke(session)}>
                  Revoke
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Head({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col" className={classes.wide}>
          Opened
        </th>
        <th scope="col" className={classes.wide}>
          Last used
        </th>
        <th scope="col" className={classes.wide}>
          Ends
        </th>
        <th scope="col">
          <span className="visually-hidden">Actions</span>
        </th>
      </tr>
    </thead>
  );
}

export function SessionTableSkeleton({ first }: { first: string }) {
  return (
    <table className={classes.table} aria-busy="true">
      <Head first={first} />
      <tbody>
        {[96, 120].map((width) => (
          <tr key={width}>
            <td>
              <Skeleton width={width} />
            </td>
            <td className={classes.wide}>
              <Skeleton width={72} />
            </td>
            <td className={classes.wide}>
              <Skeleton width={72} />
            </td>
            <td className={classes.wide}>
              <Skeleton width={72} />
            </td>
            <td />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
