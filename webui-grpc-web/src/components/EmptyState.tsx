import type { ReactNode } from "react";
import { CliLine } from "./CliLine";
import classes from "./EmptyState.module.css";

interface Props {
  title: string;
  /** The command line that makes it less empty. */
  command?: string;
  children?: ReactNode;
}

/** In place of a list that has nothing: why, and what to do. */
export function EmptyState({ title, command, children }: Props) {
  return (
    <div className={classes.root}>
      <h2 className={classes.title}>{title}</h2>
      {children ? <div className={classes.text}>{children}</div> : null}
      {command ? <CliLine command={command} /> : null}
    </div>
  );
}
