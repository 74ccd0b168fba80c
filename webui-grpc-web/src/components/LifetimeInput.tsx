import { TextInput } from "@mantine/core";
import classes from "./LifetimeInput.module.css";
import { lifetimeWords, parseLifetime } from "./lifetime";

interface Props {
  label: string;
  value: string;
  onChange: (text: string) => void;
  error: string | undefined;
  /** Offered beside free text. */
  presets: readonly string[];
}

/** A length of time, typed or picked, with the moment that it comes to. */
export function LifetimeInput({ label, value, onChange, error, presets }: Props) {
  const seconds = parseLifetime(value);
  return (
    <div>
      <TextInput
        label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        description={seconds === null ? "Like 30m, 24h or 7d" : `Until ${endOf(seconds)}`}
        inputWrapperOrder={["label", "input", "description", "error"]}
      />
      <fieldset className={classes.presets}>
        <legend className="visually-hidden">{label}: common values</legend>
        {presets.map((preset) => (
          <button key={preset} type="button" aria-pressed={preset === value} onClick={() => onChange(preset)}>
            {lifetimeWords(parseLifetime(preset) ?? 0)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function endOf(seconds: number): string {
  const end = new Date(Date.now() + seconds * 1000);
  if (Number.isNaN(end.getTime())) return "the end of the calendar";
  return end.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
