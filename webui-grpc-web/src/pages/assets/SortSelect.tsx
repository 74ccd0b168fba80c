import { Select } from "../../components/Select";
import classes from "./Filters.module.css";
import { type Sort, sorts } from "./search";

const labels: Record<Sort, string> = {
  oldest: "Oldest first",
  description: "Description, A to Z",
  "-description": "Description, Z to A",
  "-ended": "Last ended first",
  ended: "First ended first",
};

const choices = [{ value: "", label: "Newest first" }, ...sorts.map((sort) => ({ value: sort, label: labels[sort] }))];

interface Props {
  value: Sort | undefined;
  onChange: (sort: Sort | undefined) => void;
}

/** The order, where the table has no header for it. */
export function SortSelect({ value, onChange }: Props) {
  return (
    <span className={classes.order}>
      <Select
        label="Order"
        value={value ?? ""}
        onChange={(chosen) => onChange(sorts.find((sort) => sort === chosen))}
        choices={choices}
      />
    </span>
  );
}
