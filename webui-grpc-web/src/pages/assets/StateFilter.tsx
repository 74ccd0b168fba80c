import { stateNamed, states } from "../../assets/states";
import { StateMark } from "../../components/StateMark";
import classes from "./Filters.module.css";
import { switchState } from "./filter";
import { statesIn } from "./search";

interface Props {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** Which states the list has; none chosen: every one. */
export function StateFilter({ value, onChange }: Props) {
  const on = new Set(statesIn(value).map((name) => stateNamed(name)?.state));
  return (
    <fieldset className={classes.states}>
      <legend className="visually-hidden">States</legend>
      {states.map(({ state, name }) => (
        <button
          key={name}
          type="button"
          className={classes.chip}
          aria-pressed={on.has(state)}
          onClick={() => onChange(switchState(value, name))}
        >
          <StateMark state={state} withLabel />
        </button>
      ))}
    </fieldset>
  );
}
