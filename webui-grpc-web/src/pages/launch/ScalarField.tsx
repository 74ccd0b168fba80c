import { TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { type ScalarKey, setScalar } from "../../config/edit";
import { atField } from "./fieldProblems";
import classes from "./fields.module.css";
import type { Launch } from "./useLaunch";

interface Props {
  launch: Launch;
  attempted: boolean;
  name: ScalarKey;
  label: string;
  hint?: string;
  /** What it is when nothing is given. */
  placeholder: string;
  mono?: boolean;
  numeric?: boolean;
  choices?: readonly string[];
}

/** One value, as it is written in the file. */
export function ScalarField({ launch, attempted, name, label, hint, placeholder, mono, numeric, choices }: Props) {
  const list = useId();
  const [left, setLeft] = useState(false);
  const value = launch.view?.scalars[name] ?? "";
  const problem = launch.fields.get(name);
  // Half a word is wrong only once somebody has stopped typing it.
  const shown = problem !== undefined && (left || attempted || value !== "") ? atField(problem) : undefined;
  return (
    <>
      <TextInput
        label={label}
        {...(hint === undefined ? {} : { description: hint })}
        placeholder={placeholder}
        value={value}
        onChange={(event) => {
          const { value } = event.currentTarget;
          launch.setText((text) => setScalar(text, name, value));
        }}
        onBlur={() => setLeft(true)}
        error={shown}
        autoComplete="off"
        spellCheck={false}
        {...(numeric ? { inputMode: "decimal" as const } : {})}
        {...(choices ? { list } : {})}
        {...(mono ? { classNames: { input: classes.mono ?? "" } } : {})}
      />
      {choices ? (
        <datalist id={list}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      ) : null}
    </>
  );
}
