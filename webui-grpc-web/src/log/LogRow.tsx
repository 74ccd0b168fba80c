import { type MouseEvent, memo } from "react";
import { tip } from "../components/Tips";
import type { Entry, Source } from "./entry";
import { Line } from "./Line";
import classes from "./LogRow.module.css";
import type { Style } from "./sgr";
import { clockTime, exactTime } from "./time";

interface Props {
  line: number;
  /** Absent: not loaded yet. */
  entry: Entry | undefined;
  style: Style;
  /** Whether it goes on with the line before it. */
  continued: boolean;
  /** Chosen by its number. */
  chosen: boolean;
  /** The match that a search has come to. */
  current: boolean;
  /** Text to mark. */
  found: string;
  whole: boolean;
  times: boolean;
  onWhole: (line: number) => void;
  onNumber: (line: number, event: MouseEvent) => void;
}

const MARKS: Record<Source, { mark: string; label: string | undefined }> = {
  stdout: { mark: "", label: undefined },
  stderr: { mark: "!", label: "Standard error" },
  system: { mark: "»", label: "PEDL" },
};

export const LogRow = memo(function LogRow(props: Props) {
  const { line, entry, style, continued, chosen, current, found, whole, times, onWhole, onNumber } = props;
  const { mark, label } = MARKS[entry?.source ?? "stdout"];
  return (
    <div
      className={classes.row}
      data-line={line}
      data-source={entry?.source}
      data-chosen={chosen || undefined}
      data-current={current || undefined}
    >
      <span className={classes.gutter} data-gutter>
        <a
          className={classes.number}
          href={`#L${line + 1}`}
          tabIndex={-1}
          aria-label={`Line ${line + 1}`}
          onClick={(event) => onNumber(line, event)}
        >
          {line + 1}
        </a>
        <span className={classes.mark} {...tip(continued ? "Goes on with the line before" : label)}>
          {label === undefined ? null : <span className="visually-hidden">{label}: </span>}
          <span aria-hidden>{continued ? "↳" : mark}</span>
        </span>
      </span>
      {times ? (
        <span className={classes.time} {...tip(entry && exactTime(entry.time))}>
          {entry ? clockTime(entry.time) : ""}
        </span>
      ) : null}
      {entry ? (
        <Line entry={entry} style={style} found={found} current={current} whole={whole} onWhole={onWhole} />
      ) : (
        <span className={classes.absent} aria-hidden />
      )}
    </div>
  );
});
