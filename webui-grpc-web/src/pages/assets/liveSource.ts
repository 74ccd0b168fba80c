import { Code, ConnectError } from "@connectrpc/connect";
import { type AssetFilter, listAssets, watchAssets } from "../../api/assets";
import { backoff, pause } from "../../api/backoff";
import { whenBack } from "../../api/connection";
import { isAway } from "../../api/errors";
import type { AssetOrder } from "../../gen/pedl/v1/asset_pb";
import { createStore, type Store } from "../../store";
import { type Event, emptyList, type Hold, type LiveList, step } from "./liveList";
import { compareBy } from "./order";
import { type Row, rowOf } from "./row";

export interface Shown {
  readonly list: LiveList;
  /** Whether the list's start has been read. */
  readonly ready: boolean;
  /** Why its start, or its next page, could not be read. */
  readonly error: unknown;
  /** Whether rows change by themselves; `unsupported`: the master is older than that. */
  readonly watch: "on" | "broken" | "unsupported";
}

/** A list that the master keeps up to date, read page by page. */
export interface LiveSource {
  readonly shown: Store<Shown>;
  /** Where it was scrolled to when it was last seen, in pixels. */
  scrollTop: number;
  /** Follows the list until the returned function is called; can be done again: what happened meanwhile is told then. */
  start(): () => void;
  /** Reads the next page, once. */
  more(): void;
  /** Reads the list from its start. */
  reload(): void;
  /** What must not move from now on. */
  hold(hold: Hold): void;
  /** Shows what waits. */
  showWaiting(): void;
  /** Takes in what a call has answered, before the watch tells of it. */
  apply(rows: readonly Row[]): void;
}

/** A list that has grown to this by itself is read anew where nobody looks at its depth, so that it stays small. */
const trimAt = 2000;
/** Rows that have come are marked for this long, in milliseconds. */
const freshFor = 2000;

export function createLiveSource(filter: AssetFilter, order: AssetOrder): LiveSource {
  const compare = compareBy(order);
  const shown = createStore<Shown>({ list: emptyList, ready: false, error: undefined, watch: "on" });
  const patch = (change: Partial<Shown>) => shown.set({ ...shown.get(), ...change });

  let hold: Hold = { inserts: false, removals: false };
  let following: AbortController | undefined;
  let reading: AbortController | undefined;
  let nextPage = "";
  let cursor: string | undefined;

  // What has changed since the last frame: a row that changes a hundred times in one is shown once.
  const rows = new Map<number, Row>();
  const removed = new Set<number>();
  let flushing = false;
  let cooling: ReturnType<typeof setTimeout> | undefined;

  const dispatch = (event: Event) => {
    const { list } = shown.get();
    const next = step(list, event, compare);
    if (next === list) return;
    patch({ list: next });
    if (next.fresh.size > 0 && next.fresh !== list.fresh) {
      clearTimeout(cooling);
      cooling = setTimeout(() => dispatch({ type: "cool" }), freshFor);
    }
  };

  const flush = () => {
    flushing = false;
    if (rows.size === 0 && removed.size === 0) return;
    dispatch({ type: "changed", rows: [...rows.values()], removed: [...removed], hold });
    rows.clear();
    removed.clear();
    if (shown.get().list.rows.length > trimAt && !hold.inserts) source.reload();
  };

  const flushSoon = () => {
    if (flushing) return;
    flushing = true;
    // A tab that nobody sees has no frames.
    if (document.hidden) setTimeout(flush, 1000);
    else requestAnimationFrame(flush);
  };

  const readFirst = async (signal: AbortSignal) => {
    const page = await listAssets(filter, order, "", signal);
    nextPage = page.nextPageToken;
    cursor = page.watchCursor;
    rows.clear();
    removed.clear();
    dispatch({ type: "first", rows: page.assets.map(rowOf), whole: nextPage === "" });
    patch({ ready: true, error: undefined });
  };

  /** Follows the changes until the signal aborts, or the cursor is of another database. */
  const watch = async (signal: AbortSignal): Promise<"again" | "over"> => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        for await (const news of watchAssets(filter, cursor ?? "", signal)) {
          attempt = 0;
          cursor = news.cursor;
          if (shown.get().watch !== "on") patch({ watch: "on" });
          for (const asset of news.assets) {
            const row = rowOf(asset);
            rows.set(row.id, row);
            removed.delete(row.id);
          }
          for (const id of news.removedIds) {
            rows.delete(Number(id));
            removed.add(Number(id));
          }
          if (news.assets.length > 0 || news.removedIds.length > 0) flushSoon();
        }
      } catch (error) {
        if (signal.aborted) return "over";
        const code = error instanceof ConnectError ? error.code : Code.Unknown;
        if (code === Code.OutOfRange) return "again";
        if (code === Code.Unauthenticated) return "over";
        if (code === Code.Unimplemented) {
          patch({ watch: "unsupported" });
          return "over";
        }
        if (!isAway(error)) patch({ watch: "broken" });
      }
      await whenBack(signal).catch(() => {});
      await pause(backoff(attempt), signal);
    }
    return "over";
  };

  const follow = async (signal: AbortSignal) => {
    try {
      for (;;) {
        if (cursor === undefined) await readFirst(signal);
        if ((await watch(signal)) === "over") return;
        cursor = undefined;
      }
    } catch (error) {
      if (!signal.aborted) patch({ error });
    }
  };

  const restart = () => {
    following?.abort();
    following = new AbortController();
    void follow(following.signal);
  };

  const source: LiveSource = {
    shown,
    scrollTop: 0,
    start() {
      restart();
      const mine = following;
      return () => {
        if (following === mine) following = undefined;
        mine?.abort();
        reading?.abort();
        reading = undefined;
      };
    },
    more() {
      if (reading || nextPage === "" || shown.get().error) return;
      const page = new AbortController();
      reading = page;
      listAssets(filter, order, nextPage, page.signal)
        .then((answer) => {
          if (page.signal.aborted) return;
          reading = undefined;
          nextPage = answer.nextPageToken;
          dispatch({ type: "page", rows: answer.assets.map(rowOf), whole: nextPage === "" });
        })
        .catch((error) => {
          if (page.signal.aborted) return;
          reading = undefined;
          patch({ error });
        });
    },
    reload() {
      reading?.abort();
      reading = undefined;
      cursor = undefined;
      patch({ error: undefined });
      restart();
    },
    hold(next) {
      const freed = (hold.inserts && !next.inserts) || (hold.removals && !next.removals);
      hold = next;
      if (!freed) return;
      const { list } = shown.get();
      if (!hold.inserts && (list.overflow || list.rows.length > trimAt)) source.reload();
      else dispatch({ type: "settle", hold });
    },
    showWaiting() {
      if (shown.get().list.overflow) source.reload();
      else dispatch({ type: "settle", hold: { inserts: false, removals: hold.removals } });
    },
    apply(changed) {
      for (const row of changed) if (shown.get().list.at.has(row.id)) rows.set(row.id, row);
      flushSoon();
    },
  };
  return source;
}
