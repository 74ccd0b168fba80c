import { Switch, Textarea } from "@mantine/core";
import { useState } from "react";
import { splitWords, withShell } from "../../config/words";
import { atField } from "./fieldProblems";
import classes from "./ProgramField.module.css";
import type { Launch } from "./useLaunch";

/** The program, as one types it after `pedl command run --`, or a script for a shell. */
export function ProgramField({ launch, attempted }: { launch: Launch; attempted: boolean }) {
  const { program, setProgram, fields, argv } = launch;
  const [left, setLeft] = useState(false);
  const missing = argv.length === 0 || (program.inShell && program.text.trim() === "");
  const problem =
    fields.get("command.argv") ?? fields.get("command") ?? (missing ? "must name a program to run" : undefined);
  const shown = problem !== undefined && (attempted || left || program.text !== "") ? atField(problem) : undefined;
  const hint = program.inShell ? undefined : shellHint(program.text);
  return (
    <div>
      <Textarea
        label="Command"
        description={program.inShell ? "Run by sh -c in the container" : "The program and its arguments"}
        placeholder={program.inShell ? "cd /data\npython train.py | tee train.log" : "python train.py --lr 0.1"}
        value={program.text}
        onChange={(event) => setProgram({ ...program, text: event.currentTarget.value })}
        onBlur={() => setLeft(true)}
        error={shown}
        required
        withAsterisk={false}
        autosize
        minRows={program.inShell ? 3 : 1}
        maxRows={16}
        autoFocus={program.text === ""}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        classNames={{ input: classes.input ?? "" }}
      />
      <div className={classes.below}>
        <Switch
          size="xs"
          label="Run in a shell"
          checked={program.inShell}
          onChange={(event) => setProgram(withShell(program, event.currentTarget.checked))}
        />
        {hint ? <span className={classes.hint}>{hint}</span> : null}
      </div>
    </div>
  );
}

function shellHint(text: string): string | undefined {
  const split = splitWords(text);
  if (split.words === undefined) return undefined;
  const { words, shellSyntax } = split;
  if (shellSyntax.length > 0) {
    return `Without a shell the program gets ${shellSyntax.slice(0, 3).join(" ")} as it stands.`;
  }
  const [first] = words;
  return first !== undefined && /^\w+=/.test(first)
    ? `${first} is taken for the program: set it as an environment variable.`
    : undefined;
}
