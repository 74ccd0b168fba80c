import classes from "./DataTable.module.css";
import { Icon } from "./Icon";
import type { Column, SortBy } from "./table";

interface Props<Row> {
  columns: readonly Column<Row>[];
  narrow: boolean;
  sort: SortBy | undefined;
  onSort: (id: string) => void;
  /** How many are selected; absent: rows cannot be. */
  selected: number | undefined;
  total: number;
  onAll: () => void;
}

export function TableHead<Row>({ columns, narrow, sort, onSort, selected, total, onAll }: Props<Row>) {
  return (
    <thead className={classes.head}>
      <tr>
        {selected === undefined ? null : (
          <th scope="col" className={classes.box}>
            <input
              type="checkbox"
              aria-label={selected > 0 ? "Select nothing" : "Select all that are loaded"}
              checked={selected > 0 && selected >= total}
              ref={(box) => {
                if (box) box.indeterminate = selected > 0 && selected < total;
              }}
              onChange={onAll}
            />
          </th>
        )}
        {narrow ? (
          <th scope="col">
            <span className={selected ? undefined : "visually-hidden"}>
              {selected ? `${selected} selected` : columns.map(({ header }) => header).join(", ")}
            </span>
          </th>
        ) : (
          columns.map(({ id, header, align, sortable, compare }) => {
            const by = sort?.id === id ? sort : undefined;
            const canSort = sortable || compare !== undefined;
            return (
              <th
                key={id}
                scope="col"
                data-align={align}
                {...(canSort ? { "aria-sort": by ? (by.descending ? "descending" : "ascending") : "none" } : {})}
              >
                {canSort ? (
                  <button
                    type="button"
                    className={classes.sort}
                    data-on={by ? true : undefined}
                    onClick={() => onSort(id)}
                  >
                    {header}
                    <Icon name={by?.descending ? "sortDown" : "sortUp"} size={12} />
                  </button>
                ) : (
                  header
                )}
              </th>
            );
          })
        )}
      </tr>
    </thead>
  );
}
