import { RelativeTime } from "../../components/RelativeTime";
import { tip } from "../../components/Tips";
import type { Column } from "../../components/table";
import { msOf } from "../../components/time";
import type { User } from "../../gen/pedl/v1/user_pb";
import { ActiveMark } from "./ActiveMark";
import { runsAs, runsAsMore } from "./agentUser";
import { UserButton } from "./UserButton";

/** What the list of users shows of each. */
export function columnsFor(onOpen: (username: string) => void): readonly Column<User>[] {
  return [
    {
      id: "username",
      header: "User",
      narrow: "title",
      cell: ({ username }) => <UserButton username={username} onOpen={onOpen} />,
      compare: (a, b) => (a.username < b.username ? -1 : 1),
    },
    {
      id: "displayName",
      header: "Display name",
      from: 760,
      narrow: "none",
      cell: ({ displayName }) => displayName,
      compare: (a, b) => a.displayName.localeCompare(b.displayName),
    },
    {
      id: "role",
      header: "Role",
      width: 128,
      cell: ({ admin }) => (admin ? "Administrator" : <span className="quiet">Member</span>),
      compare: (a, b) => Number(b.admin) - Number(a.admin),
    },
    {
      id: "state",
      header: "State",
      width: 104,
      cell: ({ active }) => <ActiveMark active={active} />,
      compare: (a, b) => Number(b.active) - Number(a.active),
    },
    {
      id: "runsAs",
      header: "Runs as",
      from: 640,
      cell: ({ agentUser }) =>
        agentUser ? (
          <span className="mono" {...tip(runsAsMore(agentUser) ?? undefined)}>
            {runsAs(agentUser)}
          </span>
        ) : (
          <span className="quiet">cluster default</span>
        ),
    },
    {
      id: "created",
      header: "Created",
      width: 112,
      from: 900,
      narrow: "none",
      cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
      compare: (a, b) => (msOf(a.createdAt) ?? 0) - (msOf(b.createdAt) ?? 0),
    },
  ];
}
