import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type ReactNode,
  type RefObject,
  type UIEvent,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import classes from "./DataTable.module.css";
import { TableHead } from "./TableHead";
import { SkeletonRow, TableRow } from "./TableRow";
import {
  type Column,
  columnsAt,
  narrowBelow,
  narrowRowHeight,
  nextSort,
  type RowState,
  rowHeight,
  type SortBy,
  sorted,
} from "./table";
import { useTableKeys } from "./useTableKeys";
import { useWidth } from "./useWidth";

export type { Column, RowState, SortBy } from "./table";

interface Props<Row> {
  /** What the table lists, for assistive technology. */
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** The same for a row for as long as it lives. */
  rowKey: (row: Row) => string;
  /** What a row is called, for assistive technology: `command 42`. */
  rowName?: (row: Row) => string;
  /** Where a row leads: by click and Enter. A cell should hold the link itself, too. */
  href?: (row: Row) => string;
  /** For lists that the master sorts; otherwise columns that `compare` sort here. */
  sort?: SortBy | undefined;
  onSort?: (by: SortBy) => void;
  /** With both, rows can be selected. */
  selection?: ReadonlySet<string>;
  onSelection?: (selection: ReadonlySet<string>) => void;
  rowState?: (row: Row) => RowState;
  /** Skeleton rows stand where there are no rows yet. */
  loading?: boolean;
  /** The table fills the page and scrolls by itself, with only what is seen in the DOM; its keys work without focus. */
  fill?: boolean;
  /** The last rows are near: time for the next page. Called again and again until there are more. */
  onEndReached?: (() => void) | undefined;
  /** Told whether the rows are scrolled away from the top. */
  onScrolled?: (scrolled: boolean) => void;
  /** Gets the element that scrolls. */
  scroller?: RefObject<HTMLDivElement | null>;
  /** Holds how far the rows are scrolled, so that who comes back finds them there; another one: another list, from its top. */
  place?: { scrollTop: number };
  /** In place of rows where there are none. */
  empty?: ReactNode;
  /** Below the last row. */
  footer?: ReactNode;
}

/** Rows of one kind: sorted, selected and walked by keyboard; two lines each where it is narrow. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, rows: given, rowKey, loading = false, fill = false, selection, onSelection, onEndReached } = props;
  const own = useRef<HTMLDivElement>(null);
  const scroller = props.scroller ?? own;
  const width = useWidth(scroller);
  const narrow = width < narrowBelow;
  const columns = useMemo(
    () => columnsAt(props.columns, narrow ? Number.POSITIVE_INFINITY : width),
    [props.columns, width, narrow],
  );
  const [ownSort, setOwnSort] = useState<SortBy>();
  const by = props.onSort ? props.sort : ownSort;
  const rows = useMemo(
    () => (props.onSort ? given : sorted(given, props.columns, ownSort)),
    [given, props.columns, props.onSort, ownSort],
  );
  const height = narrow ? narrowRowHeight : rowHeight;

  const virtual = useVirtualizer({
    count: fill ? rows.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    initialOffset: props.place?.scrollTop ?? 0,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height is what `estimateSize` answers
  useEffect(() => virtual.measure(), [height, virtual]);
  const items = virtual.getVirtualItems();
  const start = fill ? (items[0]?.index ?? 0) : 0;
  const end = fill ? (items.at(-1)?.index ?? -1) + 1 : rows.length;

  const nearEnd = rows.length > 0 && end >= rows.length - 15;
  useEffect(() => {
    if (nearEnd && rows.length > 0) onEndReached?.();
  }, [nearEnd, rows.length, onEndReached]);

  const { place } = props;
  useLayoutEffect(() => {
    if (place && scroller.current) scroller.current.scrollTop = place.scrollTop;
  }, [place, scroller]);
  const onScroll = (event: UIEvent<HTMLElement>) => {
    const { scrollTop } = event.currentTarget;
    if (place) place.scrollTop = scrollTop;
    props.onScrolled?.(scrollTop > 4);
  };

  const keys = useTableKeys({
    rows,
    rowKey,
    href: props.href,
    selection,
    onSelection,
    scroller,
    everywhere: fill,
    page: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / height) - 2),
    show: (index) => fill && virtual.scrollToIndex(index, { align: "auto" }),
  });

  const selectable = selection !== undefined && onSelection !== undefined;
  const cells = (narrow ? 1 : columns.length) + (selectable ? 1 : 0);
  const body = rows.slice(start, end).map((row, i) => {
    const key = rowKey(row);
    return (
      <TableRow
        key={key}
        id={key}
        index={start + i}
        row={row}
        columns={columns}
        narrow={narrow}
        name={props.rowName?.(row)}
        state={props.rowState?.(row)}
        clickable={props.href !== undefined}
        selected={selectable ? selection.has(key) : undefined}
        focusable={keys.active === undefined ? start + i === start : keys.active === key}
        active={keys.active === key}
        onToggle={keys.toggle}
        onOpen={keys.open}
        onActive={keys.setActive}
      />
    );
  });

  if (!loading && rows.length === 0) return <div ref={scroller}>{props.empty}</div>;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows within have the focus, and their keys come up to here
    <div
      ref={scroller}
      className={fill ? classes.scroller : classes.plain}
      onKeyDown={keys.onKeyDown}
      onScroll={onScroll}
    >
      <table
        className={classes.table}
        aria-label={label}
        aria-rowcount={onEndReached ? -1 : rows.length + 1}
        aria-busy={loading}
        data-narrow={narrow || undefined}
      >
        <colgroup>
          {selectable ? <col style={{ width: 32 }} /> : null}
          {narrow ? <col /> : columns.map(({ id, width: w }) => <col key={id} style={w ? { width: w } : undefined} />)}
        </colgroup>
        <TableHead
          columns={columns}
          narrow={narrow}
          sort={by}
          onSort={(id) => (props.onSort ?? setOwnSort)(nextSort(id, by))}
          selected={selectable ? selection.size : undefined}
          total={rows.length}
          onAll={keys.toggleAll}
        />
        <tbody>
          {fill ? <Space height={start * height} cells={cells} /> : null}
          {rows.length === 0
            ? Array.from({ length: 10 }, (_, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: skeletons have no other identity
                <SkeletonRow key={i} index={i} columns={columns} narrow={narrow} selectable={selectable} />
              ))
            : body}
          {fill ? <Space height={Math.max(0, rows.length - end) * height} cells={cells} /> : null}
        </tbody>
      </table>
      {props.footer}
    </div>
  );
}

/** Holds the place of rows that are not in the DOM. */
function Space({ height, cells }: { height: number; cells: number }) {
  if (height === 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={cells} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}
