import { killAsset } from "../../api/assets";
import { explain, Problem } from "../../api/errors";
import { inTurns } from "../../api/inTurns";
import type { Kind } from "../../assets/kinds";
import { confirm } from "../../components/confirm";
import { notify } from "../../components/notify";
import classes from "./kill.module.css";
import { type Row, rowOf } from "./row";

/** So many are named before the rest is counted. */
const named = 10;
/** So many calls are under way at a time. */
const width = 4;

interface Options {
  kind: Kind;
  rows: readonly Row[];
  /** How many of the selected are left out, having ended or being others'. */
  leftOut?: number;
  /** Told what the killed ones have become. */
  onKilled: (rows: readonly Row[]) => void;
}

/** Asks, and kills. True once all are killed. */
export function confirmKill({ kind, rows, leftOut = 0, onKilled }: Options): Promise<boolean> {
  const what = rows.length === 1 ? `${kind.noun} ${rows[0]?.id}` : `${rows.length} ${kind.plural}`;
  let left = rows;
  return confirm({
    title: `Kill ${what}?`,
    body: <Body rows={rows} leftOut={leftOut} />,
    confirmLabel: rows.length === 1 ? "Kill it" : `Kill ${rows.length}`,
    danger: true,
    action: async () => {
      const outcomes = await inTurns(left, width, ({ id }) => killAsset(id));
      onKilled(outcomes.flatMap(({ result }) => (result ? [rowOf(result)] : [])));
      const failed = outcomes.filter((outcome) => "error" in outcome);
      // Another try is for those that failed only.
      left = failed.map(({ item }) => item);
      if (failed.length > 0) throw new Problem(titleOf(failed.length, rows.length), detailOf(failed));
      notify.success(
        rows.length === 1
          ? `${sentence(kind.noun)} ${rows[0]?.id} is being killed`
          : `${sentence(what)} are being killed`,
      );
    },
  });
}

function titleOf(failed: number, all: number): string {
  return all === 1 ? "It was not killed" : `${failed} of ${all} were not killed`;
}

function detailOf(failed: readonly { item: Row; error?: unknown }[]): string {
  const lines = failed.slice(0, named).map(({ item, error }) => `${item.id}: ${explain(error).title}`);
  return [...lines, ...(failed.length > named ? [`and ${failed.length - named} more`] : [])].join("\n");
}

function Body({ rows, leftOut }: { rows: readonly Row[]; leftOut: number }) {
  return (
    <>
      <ul className={classes.list}>
        {rows.slice(0, named).map(({ id, description, owner }) => (
          <li key={id} className={classes.item}>
            <span className={classes.id}>{id}</span>
            <span className={classes.description}>{description}</span>
            <span className={classes.owner}>{owner}</span>
          </li>
        ))}
        {rows.length > named ? <li className="quiet">and {rows.length - named} more</li> : null}
      </ul>
      <p className={classes.note}>
        {rows.length === 1 ? "Its processes get" : "Their processes get"} SIGTERM, and SIGKILL after a grace period.
        Logs stay.
      </p>
      {leftOut > 0 ? (
        <p className={classes.note}>
          {leftOut === 1
            ? "One of the selected has ended or belongs to somebody else, and"
            : `${leftOut} of the selected have ended or belong to others, and`}
          {leftOut === 1 ? " stays as it is." : " stay as they are."}
        </p>
      ) : null}
    </>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
