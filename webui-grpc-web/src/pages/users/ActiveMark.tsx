import classes from "./ActiveMark.module.css";

/** Whether an account is active: a disc or a barred ring says it before the colour, and a word with it. */
export function ActiveMark({ active }: { active: boolean }) {
  return (
    <span className={classes.root} data-active={active}>
      <svg className={classes.glyph} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        {active ? (
          <circle cx="5" cy="5" r="4" fill="currentColor" />
        ) : (
          <path
            d="M5 1a4 4 0 1 0 0 8 4 4 0 1 0 0-8M2.2 7.8l5.6-5.6"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
          />
        )}
      </svg>
      {active ? "Active" : "Inactive"}
    </span>
  );
}
