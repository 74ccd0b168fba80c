import type { ReactNode } from "react";
import classes from "./Facts.module.css";

export interface Fact {
  label: string;
  value: ReactNode;
}

/** What is known of something: labels and values, in one column where it is narrow. */
export function Facts({ items }: { items: readonly Fact[] }) {
  return (
    <dl className={classes.root}>
      {items.map(({ label, value }) => (
        <div key={label} className={classes.fact}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
