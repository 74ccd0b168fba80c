import { Icon } from "./Icon";
import classes from "./Select.module.css";

interface Props {
  /** For assistive technology; its first choice should say it to the others. */
  label: string;
  value: string;
  onChange: (value: string) => void;
  choices: readonly { value: string; label: string }[];
}

/** One of some: the browser's own, which is the best one on phones. */
export function Select({ label, value, onChange, choices }: Props) {
  return (
    <span className={classes.root}>
      <select
        className={classes.select}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
      <Icon name="down" size={12} />
    </span>
  );
}
