import type { Kind } from "../../assets/kinds";
import { hasEnded } from "../../assets/states";
import type { Column } from "../../components/DataTable";
import { Duration } from "../../components/Duration";
import { Icon } from "../../components/Icon";
import { OwnerMark } from "../../components/OwnerMark";
import { RelativeTime } from "../../components/RelativeTime";
import { StateMark } from "../../components/StateMark";
import { tip } from "../../components/Tips";
import classes from "./columns.module.css";
import { RowLink } from "./RowLink";
import { type Row, whyNotKill } from "./row";

interface Options {
  kind: Kind;
  me: { username: string; admin: boolean };
  onKill: (row: Row) => void;
}

export function hrefOf(kind: Kind, { id }: Row): string {
  return `/${kind.path}/${id}`;
}

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));

/** What a list says of each of its assets. */
export function columnsFor({ kind, me, onKill }: Options): Column<Row>[] {
  return [
    {
      id: "id",
      header: "ID",
      width: 64,
      align: "right",
      sortable: true,
      narrow: "title",
      cell: (row) => (
        <RowLink to={hrefOf(kind, row)} className={classes.id}>
          {row.id}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      width: 176,
      cell: (row) => (
        <span className={classes.state} {...tip(row.reason)}>
          <StateMark state={row.state} withLabel />
          {row.reason ? <span className={classes.reason}>{row.reason}</span> : null}
        </span>
      ),
    },
    {
      id: "description",
      header: "Description",
      sortable: true,
      narrow: "title",
      cell: (row) => (
        <RowLink to={hrefOf(kind, row)} className={classes.description}>
          <span {...tip(row.description.length > 24 ? row.description : undefined)}>{row.description}</span>
        </RowLink>
      ),
    },
    {
      id: "owner",
      header: "Owner",
      width: 128,
      cell: (row) => <OwnerMark username={row.owner} own={row.owner === me.username} withName />,
    },
    {
      id: "agent",
      header: "Agent",
      width: 96,
      from: 900,
      narrow: "none",
      cell: (row) => (row.agent ? <span {...tip(row.agent)}>{row.agent}</span> : <span className="quiet">–</span>),
    },
    {
      id: "created",
      header: "Created",
      width: 100,
      from: 640,
      cell: (row) => <RelativeTime at={date(row.createdAt)} />,
    },
    {
      id: "ended",
      header: "Ended",
      width: 100,
      from: 1100,
      sortable: true,
      narrow: "none",
      cell: (row) => <RelativeTime at={date(row.endedAt)} />,
    },
    {
      id: "duration",
      header: "Duration",
      width: 100,
      align: "right",
      from: 760,
      narrow: "none",
      cell: (row) => <Duration from={date(row.startedAt)} to={date(row.endedAt)} />,
    },
    {
      id: "exit",
      header: "Exit",
      width: 48,
      align: "right",
      from: 820,
      narrow: "none",
      cell: (row) =>
        row.exitCode === undefined || !hasEnded(row.state) ? (
          <span className="quiet">–</span>
        ) : (
          <span className={row.exitCode === 0 ? "quiet" : classes.badExit}>{row.exitCode}</span>
        ),
    },
    {
      id: "kill",
      header: "",
      width: 40,
      narrow: "none",
      cell: (row) => <KillButton kind={kind} row={row} me={me} onKill={onKill} />,
    },
  ];
}

function KillButton({ kind, row, me, onKill }: Options & { row: Row }) {
  if (hasEnded(row.state)) return null;
  const why = whyNotKill(row, me);
  const label = `Kill ${kind.noun} ${row.id}`;
  return (
    <button
      type="button"
      className={classes.kill}
      tabIndex={-1}
      aria-label={label}
      aria-disabled={why ? true : undefined}
      {...tip(why ?? label)}
      onClick={() => !why && onKill(row)}
    >
      <Icon name="kill" size={14} />
    </button>
  );
}
