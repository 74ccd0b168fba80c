import { useLocalStorage } from "@mantine/hooks";
import { type MouseEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { ErrorPanel } from "../components/ErrorPanel";
import { Icon } from "../components/Icon";
import type { ReadLogs } from "./entry";
import { LogFooter } from "./LogFooter";
import { LogToolbar } from "./LogToolbar";
import classes from "./LogView.module.css";
import { LogViewport } from "./LogViewport";
import { extendTo, type LineRange } from "./lineHash";
import { useDownload } from "./useDownload";
import { useLog } from "./useLog";
import { useLogScroll } from "./useLogScroll";
import { useMatches } from "./useMatches";

interface Props {
  /** Another one is another log: give the component a key with it. */
  read: ReadLogs;
  /** What assistive technology calls it. */
  label: string;
  /** Of the file that it is downloaded as. */
  fileName: string;
  /** Whether what writes it is known to have ended. */
  hasEnded: boolean;
  /** The lines that the URL names: the log opens there. */
  chosen: LineRange | undefined;
  onChoose: (lines: LineRange | undefined) => void;
  /** Called when the whole log has come, and the task has ended. */
  onEnded?: () => void;
  /** What to say while the log is empty. */
  whileEmpty: ReactNode;
}

/** A log: live, however long, with search. It fills its place. */
export function LogView({ read, label, fileName, hasEnded, chosen, onChoose, onEnded, whileEmpty }: Props) {
  const [store, snapshot] = useLog(read, hasEnded);
  const [times, setTimes] = useLocalStorage({
    key: "pedl.log.times",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [wrap, setWrap] = useLocalStorage({
    key: "pedl.log.wrap",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const { total, status, error } = snapshot;
  const scroll = useLogScroll({
    total,
    wrap,
    isLoaded: useCallback((line: number) => store.find(line) !== undefined, [store]),
    startLine: useState(chosen && chosen.first - 1)[0],
  });
  const matches = useMatches(read, total, scroll);
  const download = useDownload(read, fileName);
  const unseen = useUnseen(scroll.following, total);

  const ended = status === "ended";
  useEffect(() => {
    if (ended) onEnded?.();
  }, [ended, onEnded]);

  // A link to other lines of the same log, and Back.
  const { show } = scroll;
  const first = chosen?.first;
  const shown = useRef(first);
  useEffect(() => {
    if (first !== undefined && first !== shown.current && first <= total) show(first - 1);
    shown.current = first;
  }, [first, total, show]);

  const onNumber = useCallback(
    (line: number, event: MouseEvent) => {
      // As every link: with these it opens elsewhere.
      if (event.ctrlKey || event.metaKey || event.button !== 0) return;
      event.preventDefault();
      onChoose(event.shiftKey ? extendTo(chosen, line + 1) : { first: line + 1, last: line + 1 });
    },
    [chosen, onChoose],
  );

  return (
    <section className={classes.root} aria-label={label}>
      <LogToolbar
        matches={matches}
        total={total}
        times={times}
        wrap={wrap}
        onTimes={setTimes}
        onWrap={setWrap}
        download={download}
        onLeave={() => scroll.scroller.current?.focus()}
      />
      <div className={classes.body}>
        <LogViewport
          label={label}
          store={store}
          snapshot={snapshot}
          scroll={scroll}
          wrap={wrap}
          times={times}
          found={matches.found}
          current={matches.current}
          chosen={chosen}
          onNumber={onNumber}
        />
        {status === "failed" ? (
          <div className={classes.empty}>
            <ErrorPanel error={error} />
          </div>
        ) : null}
        {total === 0 && (status === "live" || status === "ended") ? (
          <div className={classes.empty}>{whileEmpty}</div>
        ) : null}
        {scroll.following || total === 0 ? null : (
          <button type="button" className={classes.follow} onClick={scroll.follow}>
            <Icon name="toEnd" size={14} />
            {unseen > 0
              ? `${unseen.toLocaleString()} new ${unseen === 1 ? "line" : "lines"}`
              : status === "ended"
                ? "To the end"
                : "Follow"}
          </button>
        )}
      </div>
      <LogFooter read={read} snapshot={snapshot} chosen={chosen} onClear={() => onChoose(undefined)} />
    </section>
  );
}

/** How many lines have come since the log was last followed. */
function useUnseen(following: boolean, total: number): number {
  const [seen, setSeen] = useState<number>();
  useEffect(() => {
    if (following) setSeen(undefined);
    else if (total > 0) setSeen((before) => before ?? total);
  }, [following, total]);
  return following || seen === undefined ? 0 : total - seen;
}
