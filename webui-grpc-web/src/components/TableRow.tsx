import { type MouseEvent, memo, type ReactElement } from "react";
import classes from "./DataTable.module.css";
import { Skeleton } from "./Skeleton";
import type { Column, RowState } from "./table";

interface Props<Row> {
  id: string;
  index: number;
  row: Row;
  columns: readonly Column<Row>[];
  narrow: boolean;
  name: string | undefined;
  state: RowState;
  clickable: boolean;
  /** Absent: it cannot be. */
  selected: boolean | undefined;
  /** Whether Tab comes to it. */
  focusable: boolean;
  active: boolean;
  onToggle: (index: number, range: boolean) => void;
  onOpen: (index: number, newTab: boolean) => void;
  onActive: (id: string) => void;
}

function PlainRow<Row>(props: Props<Row>) {
  const { id, index, row, columns, narrow, name, state, clickable, selected, focusable, active } = props;
  const click = (event: MouseEvent) => {
    if (!clickable || !(event.target instanceof Element)) return;
    // What can be clicked itself is not the row; and who marks text does not want to leave.
    if (event.target.closest("a, button, input, label") || window.getSelection()?.type === "Range") return;
    props.onOpen(index, event.metaKey || event.ctrlKey);
  };
  return (
    <tr
      className={classes.row}
      data-key={id}
      data-state={state}
      data-clickable={clickable || undefined}
      data-active={active || undefined}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={focusable ? 0 : -1}
      onClick={click}
      onFocus={() => props.onActive(id)}
    >
      {selected === undefined ? null : (
        <td className={classes.box}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${name ?? id}`}
            checked={selected}
            disabled={state === "ghost"}
            onClick={(event) => props.onToggle(index, event.shiftKey)}
            onChange={() => {}}
          />
        </td>
      )}
      {narrow ? (
        <td className={classes.stack}>
          <span className={classes.first}>
            {columns
              .filter((c) => c.narrow === "title")
              .map((c) => (
                <span key={c.id}>{c.cell(row)}</span>
              ))}
          </span>
          <span className={classes.second}>
            {columns
              .filter((c) => (c.narrow ?? "meta") === "meta")
              .map((c) => (
                <span key={c.id}>{c.cell(row)}</span>
              ))}
          </span>
        </td>
      ) : (
        columns.map((c) => (
          <td key={c.id} data-align={c.align}>
            {c.cell(row)}
          </td>
        ))
      )}
    </tr>
  );
}

/** Renders anew only when something of its own has changed: a table that updates many times a second relies on it. */
export const TableRow = memo(PlainRow) as <Row>(props: Props<Row>) => ReactElement;

interface SkeletonProps<Row> {
  index: number;
  columns: readonly Column<Row>[];
  narrow: boolean;
  selectable: boolean;
}

export function SkeletonRow<Row>({ index, columns, narrow, selectable }: SkeletonProps<Row>) {
  const width = `${[72, 55, 64, 48][index % 4]}%`;
  return (
    <tr aria-hidden className={classes.row}>
      {selectable ? <td className={classes.box} /> : null}
      {narrow ? (
        <td className={classes.stack}>
          <Skeleton width={width} />
          <Skeleton width="40%" height={10} />
        </td>
      ) : (
        columns.map((c) => (
          <td key={c.id} data-align={c.align}>
            <Skeleton width={c.width ? "60%" : width} />
          </td>
        ))
      )}
    </tr>
  );
}
