import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Kind } from "../../assets/kinds";
import { DataTable, type SortBy } from "../../components/DataTable";
import { ErrorPanel } from "../../components/ErrorPanel";
import { useSession } from "../../session/session";
import classes from "./AssetList.module.css";
import { columnsFor, hrefOf } from "./columns";
import { Empty } from "./Empty";
import { Filters } from "./Filters";
import { filterOf, sortedBy, sortFor } from "./filter";
import { confirmKill } from "./kill";
import { News } from "./News";
import { orders } from "./order";
import { type Row, whyNotKill } from "./row";
import { SelectionBar } from "./SelectionBar";
import { type ListSearch, validateListSearch } from "./search";
import { useHold } from "./useHold";
import { useLiveSource } from "./useLiveSource";

const rowKey = (row: Row) => String(row.id);
const nothing: ReadonlySet<string> = new Set();

export function AssetList({ kind }: { kind: Kind }) {
  const { user } = useSession();
  const me = useMemo(() => ({ username: user.username, admin: user.admin }), [user.username, user.admin]);
  const raw = useSearch({ strict: false });
  const { owner, state, q, sort } = validateListSearch(raw);
  const search = useMemo(() => validateListSearch({ owner, state, q, sort }), [owner, state, q, sort]);
  const navigate = useNavigate();
  const change = useCallback(
    (part: { [K in keyof ListSearch]?: ListSearch[K] | undefined }) =>
      void navigate({ to: `/${kind.path}`, search: validateListSearch({ ...search, ...part }), replace: true }),
    [navigate, kind.path, search],
  );

  const filter = useMemo(() => filterOf(kind, search), [kind, search]);
  const [source, { list, ready, error, watch }] = useLiveSource(filter, orders[search.sort ?? "newest"]);

  const [chosen, setChosen] = useState(nothing);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has another selection
  useEffect(() => setChosen(nothing), [source]);
  const selected = useMemo(
    () => list.rows.filter((row) => chosen.has(rowKey(row)) && !list.ghosts.has(row.id)),
    [list, chosen],
  );
  const killable = useMemo(() => selected.filter((row) => !whyNotKill(row, me)), [selected, me]);
  const { onHover, onScrolled } = useHold(source, chosen.size > 0);

  const scroller = useRef<HTMLDivElement>(null);
  const showNews = () => {
    source.showWaiting();
    scroller.current?.scrollTo({ top: 0 });
  };

  const kill = useCallback(
    async (rows: readonly Row[], leftOut = 0) => {
      if (await confirmKill({ kind, rows, leftOut, onKilled: (killed) => source.apply(killed) })) setChosen(nothing);
    },
    [kind, source],
  );
  const columns = useMemo(() => columnsFor({ kind, me, onKill: (row) => void kill([row]) }), [kind, me, kill]);

  return (
    <>
      <Filters
        search={search}
        me={me.username}
        onChange={change}
        selectionBar={
          selected.length > 0 ? (
            <SelectionBar
              kind={kind}
              selected={selected}
              killable={killable}
              onKill={() => void kill(killable, selected.length - killable.length)}
              onClear={() => setChosen(nothing)}
            />
          ) : null
        }
      />
      {error === undefined ? null : (
        <div className={classes.error}>
          <ErrorPanel error={error} onRetry={source.reload} />
        </div>
      )}
      {/* With what News shows: it comes between the pointer and the rows. */}
      <div className={classes.table} onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
        <News list={list} watch={watch} onShow={showNews} onReload={source.reload} />
        {error !== undefined && list.rows.length === 0 ? null : (
          <DataTable
            fill
            label={kind.label}
            rows={list.rows}
            columns={columns}
            rowKey={rowKey}
            rowName={(row) => `${kind.noun} ${row.id}`}
            href={(row) => hrefOf(kind, row)}
            sort={sortedBy(search.sort)}
            onSort={(by: SortBy) => change({ sort: sortFor(by, search.sort) })}
            selection={chosen}
            onSelection={setChosen}
            rowState={({ id }) => (list.ghosts.has(id) ? "ghost" : list.fresh.has(id) ? "fresh" : undefined)}
            loading={!ready}
            onEndReached={ready && !list.whole ? source.more : undefined}
            onScrolled={onScrolled}
            place={source}
            scroller={scroller}
            empty={
              <Empty
                kind={kind}
                search={search}
                me={me.username}
                onClear={() => change({ state: undefined, q: undefined })}
              />
            }
          />
        )}
      </div>
    </>
  );
}
