import { TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import classes from "./SelfConfirmation.module.css";

interface Props {
  username: string;
  onChange: (confirmed: boolean) => void;
  children: ReactNode;
}

/** Lets nobody lock themselves out by a slip of the hand: the own name has to be typed. */
export function SelfConfirmation({ username, onChange, children }: Props) {
  const [typed, setTyped] = useState("");
  return (
    <div className={classes.root}>
      <p>{children}</p>
      <TextInput
        label={`Type ${username} to go on`}
        value={typed}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          onChange(event.currentTarget.value.trim() === username);
        }}
      />
    </div>
  );
}
