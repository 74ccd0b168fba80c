import { type ClipboardEvent, type KeyboardEvent, type MouseEvent, useCallback, useEffect, useState } from "react";
import "./ansi.css";
import { LogRow } from "./LogRow";
import classes from "./LogViewport.module.css";
import { continues, startStyle } from "./line";
import type { LineRange } from "./lineHash";
import type { LogStore, Snapshot } from "./logStore";
import { PLAIN } from "./sgr";
import type { LogScroll } from "./useLogScroll";

interface Props {
  label: string;
  store: LogStore;
  snapshot: Snapshot;
  scroll: LogScroll;
  wrap: boolean;
  times: boolean;
  found: string;
  /** The offset of the match that a search has come to. */
  current: number | undefined;
  chosen: LineRange | undefined;
  onNumber: (line: number, event: MouseEvent) => void;
}

/** The lines in view, and no others. */
export function LogViewport({ label, store, snapshot, scroll, wrap, times, found, current, chosen, onNumber }: Props) {
  const { first, end, release, hold } = scroll;
  const { total } = snapshot;
  const [whole, setWhole] = useState<ReadonlySet<number>>(() => new Set());
  const onWhole = useCallback((line: number) => setWhole((lines) => new Set(lines).add(line)), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer log has more to load
  useEffect(() => store.show(first, end - 1), [store, first, end, total]);

  // A release outside of the log ends what began in it.
  useEffect(() => {
    const stop = () => hold(false);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
    return () => {
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
    };
  }, [hold]);

  useEffect(() => {
    const onSelect = () => {
      const selection = document.getSelection();
      if (selection && !selection.isCollapsed && scroll.layer.current?.contains(selection.anchorNode)) release();
    };
    document.addEventListener("selectionchange", onSelect);
    return () => document.removeEventListener("selectionchange", onSelect);
  }, [release, scroll.layer]);

  // A match may be far to the right.
  const currentEntry = current === undefined ? undefined : store.find(current);
  useEffect(() => {
    const box = scroll.scroller.current;
    const match = currentEntry && box?.querySelector("[data-current] mark");
    if (!box || !match) return;
    const [view, at] = [box.getBoundingClientRect(), match.getBoundingClientRect()];
    const gutter = box.querySelector("[data-gutter]")?.getBoundingClientRect().width ?? 0;
    if (at.left < view.left + gutter || at.right > view.right) box.scrollLeft += at.left - view.left - view.width / 3;
  }, [currentEntry, scroll.scroller]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.shiftKey) return;
    const toStart = event.key === "Home" || (event.metaKey && event.key === "ArrowUp");
    const toEnd = event.key === "End" || (event.metaKey && event.key === "ArrowDown");
    if (toStart) scroll.toStart();
    else if (toEnd) scroll.follow();
    else if (event.key === "PageUp" || event.key === "ArrowUp") release();
    if (toStart || toEnd) event.preventDefault();
  };

  const rows = [];
  for (let line = first; line < end; line++) {
    const entry = store.find(line);
    rows.push(
      <LogRow
        key={line}
        line={line}
        entry={entry}
        style={entry ? startStyle(store.carry(line), entry) : PLAIN}
        continued={entry !== undefined && continues(store.find(line - 1), entry)}
        chosen={chosen !== undefined && line + 1 >= chosen.first && line + 1 <= chosen.last}
        current={line === current}
        found={found}
        whole={whole.has(line)}
        times={times}
        onWhole={onWhole}
        onNumber={onNumber}
      />,
    );
  }
  return (
    <div
      ref={scroll.scroller}
      className={classes.scroller}
      data-wrap={wrap || undefined}
      style={{ "--digits": String(Math.max(total, 1000)).length } as object}
      role="log"
      aria-live="off"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keyboard can scroll it
      tabIndex={0}
      onKeyDown={onKeyDown}
      onWheel={(event) => event.deltaY < 0 && release()}
      onTouchMove={release}
      onPointerDown={() => hold(true)}
      onCopy={copyLines}
    >
      <div ref={scroll.spacer} className={classes.spacer}>
        <div ref={scroll.layer} className={classes.layer}>
          {rows}
        </div>
      </div>
    </div>
  );
}

/** Puts the selected lines on the clipboard, without numbers, times and marks. */
function copyLines(event: ClipboardEvent<HTMLDivElement>) {
  const range = document.getSelection()?.rangeCount ? document.getSelection()?.getRangeAt(0) : undefined;
  if (range === undefined || range.collapsed) return;
  const lines: string[] = [];
  for (const text of event.currentTarget.querySelectorAll("[data-text]")) {
    if (!range.intersectsNode(text)) continue;
    const part = document.createRange();
    part.selectNodeContents(text);
    if (text.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset);
    if (text.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset);
    lines.push(part.toString());
  }
  if (lines.length === 0) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", lines.join("\n"));
}
