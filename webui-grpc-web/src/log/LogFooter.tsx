import { useState } from "react";
import { copyText } from "../components/clipboard";
import { notify } from "../components/notify";
import type { ReadLogs } from "./entry";
import { isFinal } from "./final";
import classes from "./LogFooter.module.css";
import type { LineRange } from "./lineHash";
import type { Snapshot, Status } from "./logStore";
import { plainLines } from "./whole";

interface Props {
  read: ReadLogs;
  snapshot: Snapshot;
  chosen: LineRange | undefined;
  onClear: () => void;
}

/** So many lines are copied at a time; who wants more downloads. */
const MOST_COPIED = 50_000;

export function LogFooter({ read, snapshot: { total, status }, chosen, onClear }: Props) {
  return (
    <div className={classes.root}>
      <span className="num">
        {total.toLocaleString()} {total === 1 ? "line" : "lines"}
      </span>
      <span className={classes.status} data-status={status} role="status">
        {words[status]}
      </span>
      {chosen ? <Chosen key={`${chosen.first}-${chosen.last}`} read={read} lines={chosen} onClear={onClear} /> : null}
    </div>
  );
}

const words: Record<Status, string> = {
  opening: "Opening…",
  live: "Live",
  reconnecting: "Reconnecting…",
  ended: "Ended",
  failed: "Failed",
};

function Chosen({ read, lines: { first, last }, onClear }: { read: ReadLogs; lines: LineRange; onClear: () => void }) {
  const [state, setState] = useState<"copying" | "copied">();
  const count = last - first + 1;
  const copy = async () => {
    setState("copying");
    try {
      const signal = AbortSignal.timeout(30_000);
      const text = await plainLines(read, first - 1, count, { signal, isFinal });
      if (await copyText(text)) return setState("copied");
      notify.failure("The browser does not let pages copy");
    } catch (error) {
      notify.failure(error);
    }
    setState(undefined);
  };
  const name =
    count === 1 ? `Line ${first.toLocaleString()}` : `Lines ${first.toLocaleString()}–${last.toLocaleString()}`;
  return (
    <span className={classes.chosen}>
      <span className="num">{name}</span>
      <button type="button" onClick={copy} disabled={state === "copying" || count > MOST_COPIED}>
        {state === "copied" ? "Copied" : "Copy"}
      </button>
      <button type="button" onClick={onClear}>
        Clear
      </button>
    </span>
  );
}
