import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { connection } from "../api/connection";
import { whileLookedAt } from "../whileLookedAt";
import type { ReadLogs } from "./entry";
import { isFinal } from "./final";
import { LogSearch, type SearchState } from "./logSearch";
import { LogStore, type Snapshot } from "./logStore";

/** A task that has ended has its log stored: so many milliseconds later the stream must have ended too. */
const OVERDUE = 3000;

/** A log for as long as the component is there, and the page is looked at. */
export function useLog(read: ReadLogs, hasEnded: boolean): [LogStore, Snapshot] {
  const store = useMemo(() => new LogStore(read, { isFinal }), [read]);
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot);
  useEffect(() => {
    const end = whileLookedAt(() => {
      store.start();
      return () => store.stop();
    });
    const reopen = () => store.reopen();
    window.addEventListener("online", reopen);
    const unsubscribe = connection.subscribe(() => connection.get() === "ok" && reopen());
    return () => {
      window.removeEventListener("online", reopen);
      unsubscribe();
      end();
    };
  }, [store]);
  const overdue = hasEnded && snapshot.status === "live";
  useEffect(() => {
    if (!overdue) return;
    const timer = setInterval(() => store.reopen(), OVERDUE);
    return () => clearInterval(timer);
  }, [store, overdue]);
  return [store, snapshot];
}

const NOTHING: SearchState = { matches: [], searched: 0, running: false, full: false, error: undefined };
const nothing = () => NOTHING;
const never = () => () => {};

/** What a log of `total` entries has of `text`; another text is another search. An empty text finds nothing. */
export function useLogSearch(read: ReadLogs, text: string, total: number): SearchState {
  const [search, setSearch] = useState<LogSearch>();
  useEffect(() => {
    if (text === "") return setSearch(undefined);
    const next = new LogSearch(read, text, { isFinal });
    setSearch(next);
    return () => next.cancel();
  }, [read, text]);
  const state = useSyncExternalStore(search?.subscribe ?? never, search?.getSnapshot ?? nothing);
  useEffect(() => {
    if (search === undefined || state.running) {
      void search?.search(total);
      return;
    }
    // A log that grows is not asked about with every line.
    const timer = setTimeout(() => void search.search(total), 1000);
    return () => clearTimeout(timer);
  }, [search, total, state.running]);
  return state;
}
