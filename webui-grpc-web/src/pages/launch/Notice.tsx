import type { ReactNode } from "react";
import classes from "./Notice.module.css";

interface Props {
  /** `warn` is for what might be regretted. */
  tone?: "plain" | "warn";
  action?: ReactNode;
  children: ReactNode;
}

/** Something to know before going on, and perhaps to do. */
export function Notice({ tone = "plain", action, children }: Props) {
  return (
    <div className={classes.root} data-tone={tone}>
      <div className={classes.text}>{children}</div>
      {action}
    </div>
  );
}
