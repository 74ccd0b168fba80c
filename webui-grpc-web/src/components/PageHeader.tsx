import type { ReactNode } from "react";
import { useTitle } from "../shell/title";
import classes from "./PageHeader.module.css";

interface Props {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
}

/** What a page is, and what can be done on it. Names the browser's tab too. */
export function PageHeader({ title, lead, actions }: Props) {
  useTitle(title);
  return (
    <header className={classes.root}>
      <div className={classes.words}>
        <h1 className={classes.title}>{title}</h1>
        {lead ? <div className={classes.lead}>{lead}</div> : null}
      </div>
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </header>
  );
}
