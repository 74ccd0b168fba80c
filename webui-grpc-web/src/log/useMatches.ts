import { useCallback, useEffect, useState } from "react";
import type { ReadLogs } from "./entry";
import { firstFrom, LONGEST_TEXT, type SearchState, step } from "./logSearch";
import { useLogSearch } from "./useLog";

/** Typing is not searched letter by letter: after so many milliseconds. */
const TYPED = 200;

export interface Matches {
  /** As it stands in the field. */
  readonly text: string;
  readonly setText: (text: string) => void;
  /** What is being searched for. */
  readonly found: string;
  readonly state: SearchState;
  /** The offset of the match that one has come to. */
  readonly current: number | undefined;
  /** Goes on from the current match, or from the line at the top of the view. */
  readonly go: (forwards: boolean) => void;
}

/** A search of the log, and the way through its matches. */
export function useMatches(
  read: ReadLogs,
  total: number,
  scroll: { readonly top: number; readonly show: (line: number) => void },
): Matches {
  const [text, setText] = useState("");
  const [found, setFound] = useState("");
  const [current, setCurrent] = useState<number>();
  /** Asked to go on before there was anything to go to. */
  const [pending, setPending] = useState(false);
  const state = useLogSearch(read, found, total);
  const { top, show } = scroll;

  useEffect(() => {
    const wanted = text.slice(0, LONGEST_TEXT);
    if (wanted === found) return;
    const timer = setTimeout(
      () => {
        setFound(wanted);
        setCurrent(undefined);
        setPending(false);
      },
      wanted === "" ? 0 : TYPED,
    );
    return () => clearTimeout(timer);
  }, [text, found]);

  const go = useCallback(
    (forwards: boolean) => {
      const { matches, running } = state;
      const from = current ?? top - (forwards ? 1 : 0);
      const unsure = running && (matches.length === 0 || (forwards && firstFrom(matches, from + 1) === matches.length));
      setPending(unsure);
      if (unsure) return;
      const at = step(matches, from, forwards);
      const line = at === undefined ? undefined : matches[at];
      setCurrent(line);
      if (line !== undefined) show(line);
    },
    [state, current, top, show],
  );

  useEffect(() => {
    if (pending) go(true);
  }, [pending, go]);

  return { text, setText, found, state, current, go };
}

/** How far a search has come, in words: `3 of 120`. */
export function countOf(
  { matches, running, full, searched, error }: SearchState,
  current: number | undefined,
  total: number,
): string {
  if (error !== undefined) return "Failed";
  const count = `${matches.length.toLocaleString()}${full ? "+" : ""}`;
  const place = current === undefined ? count : `${(firstFrom(matches, current) + 1).toLocaleString()} of ${count}`;
  if (running && total > 0) return `${place} · ${Math.floor((100 * searched) / total)} %`;
  return matches.length === 0 ? "None" : place;
}
