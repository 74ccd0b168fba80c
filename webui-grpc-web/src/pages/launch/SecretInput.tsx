import { TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import classes from "./SecretInput.module.css";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

/** A value that is not for those who look over one's shoulder. */
export function SecretInput({ label, value, onChange, error }: Props) {
  const [shown, setShown] = useState(false);
  const lines = value.split("\n").length;
  // A field of one line would take the others away.
  if (lines > 1) {
    return <TextInput aria-label={label} value={`${lines} lines: edit them in the YAML`} readOnly disabled />;
  }
  return (
    <TextInput
      aria-label={label}
      placeholder="Value"
      type={shown ? "text" : "password"}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      autoComplete="off"
      data-1p-ignore
      data-lpignore="true"
      spellCheck={false}
      rightSectionWidth={value === "" ? 0 : 52}
      rightSection={
        value === "" ? null : (
          <UnstyledButton
            className={classes.reveal ?? ""}
            aria-pressed={shown}
            aria-label={`Show: ${label}`}
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide" : "Show"}
          </UnstyledButton>
        )
      }
      classNames={{ input: classes.input ?? "" }}
    />
  );
}
