import { useRef } from "react";
import { OwnerMark } from "../../components/OwnerMark";
import { RelativeTime } from "../../components/RelativeTime";
import { Skeleton } from "../../components/Skeleton";
import { tip } from "../../components/Tips";
import { rowKey, useRowKeys } from "../../components/useRowKeys";
import type { User } from "../../gen/pedl/v1/user_pb";
import { runsAs, runsAsMore } from "./agentUser";
import classes from "./UserTable.module.css";

interface Props {
  users: User[];
  onOpen: (username: string) => void;
}

export function UserTable({ users, onOpen }: Props) {
  const table = useRef<HTMLTableElement>(null);
  useRowKeys(table);
  return (
    <table ref={table} className={classes.table}>
      <Head />
      <tbody>
        {users.map((user) => (
          <Row key={String(user.id)} user={user} onOpen={onOpen} />
        ))}
      </tbody>
    </table>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">User</th>
        <th scope="col" className={classes.wide}>
          Display name
        </th>
        <th scope="col">Role</th>
        <th scope="col">State</th>
        <th scope="col" className={classes.wide}>
          Runs as
        </th>
        <th scope="col" className={classes.widest}>
          Created
        </th>
      </tr>
    </thead>
  );
}

function Row({ user, onOpen }: { user: User; onOpen: Props["onOpen"] }) {
  const link = user.agentUser;
  return (
    // The button in it does the same for the keyboard.
    <tr data-inactive={!user.active || undefined} onClick={() => onOpen(user.username)}>
      <td>
        <button type="button" className={classes.name} {...rowKey}>
          <OwnerMark username={user.username} withName />
        </button>
        <span className={classes.second}>
          {[user.displayName, link ? runsAs(link) : null].filter((words) => words).join(" · ")}
        </span>
      </td>
      <td className={classes.wide}>{user.displayName}</td>
      <td>{user.admin ? "Administrator" : <span className="quiet">Member</span>}</td>
      <td>
        <span className={classes.state}>
          <ActiveGlyph active={user.active} />
          {user.active ? "Active" : "Inactive"}
        </span>
      </td>
      <td className={classes.wide}>
        {link ? (
          <span className="mono" {...tip(runsAsMore(link) ?? undefined)}>
            {runsAs(link)}
          </span>
        ) : (
          <span className="quiet">cluster default</span>
        )}
      </td>
      <td className={classes.widest}>
        <RelativeTime at={user.createdAt} />
      </td>
    </tr>
  );
}

/** A disc or a barred ring: the shape says it before the colour. */
function ActiveGlyph({ active }: { active: boolean }) {
  return (
    <svg className={classes.glyph} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" data-active={active}>
      {active ? (
        <circle cx="5" cy="5" r="4" fill="currentColor" />
      ) : (
        <path
          d="M5 1a4 4 0 1 0 0 8 4 4 0 1 0 0-8M2.2 7.8l5.6-5.6"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
        />
      )}
    </svg>
  );
}

export function UserTableSkeleton() {
  return (
    <table className={classes.table} aria-busy="true">
      <Head />
      <tbody>
        {["60%", "40%", "70%", "50%"].map((width) => (
          <tr key={width}>
            <td>
              <Skeleton width={width} />
            </td>
            <td className={classes.wide}>
              <Skeleton width={width} />
            </td>
            <td>
              <Skeleton width={64} />
            </td>
            <td>
              <Skeleton width={48} />
            </td>
            <td className={classes.wide}>
              <Skeleton width={width} />
            </td>
            <td className={classes.widest}>
              <Skeleton width={64} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
