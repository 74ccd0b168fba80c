import classes from "./Wordmark.module.css";

export function Wordmark() {
  return (
    <span className={classes.root}>
      <svg aria-hidden width="22" height="22" viewBox="0 0 32 32">
        <rect width="32" height="32" rx="8" className={classes.tile} />
        <path d="M11 24V8h6.2a5.3 5.3 0 0 1 0 10.6H11" className={classes.letter} />
      </svg>
      PEDL
    </span>
  );
}
