import { ActionIcon, Button, TextInput } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import { addVariable, removeVariable, setVariable, type VariableRow } from "../../config/edit";
import { atField, FILL_IN, variableProblem } from "./fieldProblems";
import classes from "./fields.module.css";
import { Problem } from "./MountRows";
import { Notice } from "./Notice";
import { SecretInput } from "./SecretInput";
import type { Launch } from "./useLaunch";

interface Props {
  launch: Launch;
  attempted: boolean;
  /** Leads to the YAML. */
  onYaml: ReactNode;
}

/** Environment variables, one a row. */
export function VariableRows({ launch, attempted, onYaml }: Props) {
  const rows = launch.view?.variables;
  const root = useRef<HTMLFieldSetElement>(null);
  const focusLast = () =>
    requestAnimationFrame(() => root.current?.querySelector<HTMLElement>("[data-row]:last-of-type input")?.focus());
  return (
    <fieldset className={classes.rows} ref={root}>
      <legend className={classes.legend}>Environment variables</legend>
      <p className={classes.hint}>Only you and administrators see the values</p>
      {rows === undefined ? (
        <Notice action={onYaml}>
          {launch.fields.get("environment_variables") ?? "They are written in a way that only the YAML shows."}
        </Notice>
      ) : (
        <>
          {rows.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the file
            <Row key={i} launch={launch} attempted={attempted} row={row} index={i} />
          ))}
          <Problem text={launch.fields.get("environment_variables")} />
          <Button
            className={classes.add ?? ""}
            variant="default"
            size="compact-sm"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => {
              launch.setText(addVariable);
              focusLast();
            }}
          >
            Add a variable
          </Button>
        </>
      )}
    </fieldset>
  );
}

function Row({
  launch,
  attempted,
  row,
  index,
}: {
  launch: Launch;
  attempted: boolean;
  row: VariableRow;
  index: number;
}) {
  const [left, setLeft] = useState(false);
  const problem = variableProblem(launch.fields, row.name);
  const shown = problem !== undefined && (attempted || left || row.name !== "") ? atField(problem) : undefined;
  const isWithheld = row.value === "" && launch.withheld.includes(row.name);
  const change = (change: Partial<VariableRow>) => launch.setText((text) => setVariable(text, index, change));
  const name = row.name || `variable ${index + 1}`;
  return (
    <div data-row className={`${classes.row} ${classes.variable}`}>
      <TextInput
        aria-label={`Variable ${index + 1}: name`}
        placeholder="NAME"
        value={row.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        onBlur={() => setLeft(true)}
        error={shown}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: classes.mono ?? "" }}
      />
      <SecretInput
        label={`Value of ${name}`}
        value={row.value}
        onChange={(value) => change({ value })}
        error={isWithheld ? atField(FILL_IN) : undefined}
      />
      <div className={classes.remove}>
        <ActionIcon aria-label={`Remove ${name}`} onClick={() => launch.setText((text) => removeVariable(text, index))}>
          <Icon name="close" size={14} />
        </ActionIcon>
      </div>
    </div>
  );
}
