import { useMemo } from "react";
import { tip } from "../components/Tips";
import type { Entry } from "./entry";
import classes from "./Line.module.css";
import { lineOf } from "./line";
import { lookOf } from "./look";
import { type Marked, mark } from "./marks";
import type { Style } from "./sgr";

interface Props {
  entry: Entry;
  style: Style;
  found: string;
  /** Whether a search has come to it: then the match is shown, wherever it is in the line. */
  current: boolean;
  whole: boolean;
  onWhole: (line: number) => void;
}

/** The text of an entry, in its colours. */
export function Line({ entry, style, found, current, whole, onWhole }: Props) {
  const [line, marked] = useMemo(() => {
    const line = lineOf(entry, style, whole);
    const marked = mark(line.segments, found);
    if (!current || whole || marked.some((run) => run.found)) return [line, marked];
    const all = lineOf(entry, style, true);
    return [all, mark(all.segments, found)];
  }, [entry, style, found, current, whole]);
  return (
    <span className={classes.line}>
      <span className={classes.text} data-text>
        {/* Runs have no identity but their place. */}
        {marked.map((run, i) => draw(run, i))}
      </span>
      {whole ? null : <More cut={line.cut} overwritten={line.overwritten} onClick={() => onWhole(entry.offset)} />}
    </span>
  );
}

function draw({ text, style, found }: Marked, key: number) {
  const { classes: names, css } = lookOf(style);
  if (names.length === 0 && css.color === undefined && css.backgroundColor === undefined) {
    return found ? <mark key={key}>{text}</mark> : text;
  }
  const look = { className: names.map((name) => classes[name]).join(" "), style: css };
  return found ? (
    <mark key={key}>
      <span {...look}>{text}</span>
    </mark>
  ) : (
    <span key={key} {...look}>
      {text}
    </span>
  );
}

/** What is not shown, and a way to it. */
function More({ cut, overwritten, onClick }: { cut: number; overwritten: number; onClick: () => void }) {
  if (cut === 0 && overwritten === 0) return null;
  const text = cut > 0 ? `${cut.toLocaleString()} more characters` : `${overwritten.toLocaleString()} overwritten`;
  return (
    <button
      type="button"
      className={classes.more}
      tabIndex={-1}
      onClick={onClick}
      {...tip(cut > 0 ? "Show the whole line" : "Show what a carriage return wrote over, as progress bars do")}
    >
      +{text}
    </button>
  );
}
