import classes from "./CliLine.module.css";
import { CopyButton } from "./CopyButton";

/** A line to type into a terminal, with a way to copy it. */
export function CliLine({ command }: { command: string }) {
  return (
    <span className={classes.root}>
      <code className={classes.code}>
        <span aria-hidden className={classes.prompt}>
          ${" "}
        </span>
        {command}
      </code>
      <CopyButton value={command} label="Copy the command line" />
    </span>
  );
}
