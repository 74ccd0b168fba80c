import { ActionIcon, Button, Checkbox, TextInput } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import { addMount, type MountRow, removeMount, setMount } from "../../config/edit";
import { atField } from "./fieldProblems";
import classes from "./fields.module.css";
import { Notice } from "./Notice";
import type { Launch } from "./useLaunch";

interface Props {
  launch: Launch;
  attempted: boolean;
  /** Leads to the YAML. */
  onYaml: ReactNode;
}

/** Directories and files of the agent's host, one a row. */
export function MountRows({ launch, attempted, onYaml }: Props) {
  const rows = launch.view?.bindMounts;
  const root = useRef<HTMLFieldSetElement>(null);
  const focusLast = () =>
    requestAnimationFrame(() => root.current?.querySelector<HTMLElement>("[data-row]:last-of-type input")?.focus());
  return (
    <fieldset className={classes.rows} ref={root}>
      <legend className={classes.legend}>Bind mounts</legend>
      <p className={classes.hint}>Directories and files of the agent's host that the command sees</p>
      {rows === undefined ? (
        <Notice action={onYaml}>
          {launch.fields.get("bind_mounts") ?? "They are written in a way that only the YAML shows."}
        </Notice>
      ) : (
        <>
          {rows.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the file
            <Row key={i} launch={launch} attempted={attempted} row={row} index={i} />
          ))}
          <Problem text={launch.fields.get("bind_mounts")} />
          <Button
            className={classes.add ?? ""}
            variant="default"
            size="compact-sm"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => {
              launch.setText(addMount);
              focusLast();
            }}
          >
            Add a bind mount
          </Button>
        </>
      )}
    </fieldset>
  );
}

function Row({ launch, attempted, row, index }: { launch: Launch; attempted: boolean; row: MountRow; index: number }) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const problem = (key: string, value: string) => {
    const text = launch.fields.get(`bind_mounts[${index}].${key}`);
    return text !== undefined && (attempted || value !== "" || left.has(key)) ? atField(text) : undefined;
  };
  const change = (change: Partial<MountRow>) => launch.setText((text) => setMount(text, index, change));
  const leave = (key: string) => setLeft((left) => new Set(left).add(key));
  return (
    <div data-row>
      <div className={`${classes.row} ${classes.mount}`}>
        <TextInput
          aria-label={`Bind mount ${index + 1}: path on the host`}
          placeholder="Host: /data"
          value={row.hostPath}
          onChange={(event) => change({ hostPath: event.currentTarget.value })}
          onBlur={() => leave("host_path")}
          error={problem("host_path", row.hostPath)}
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: classes.mono ?? "" }}
        />
        <TextInput
          aria-label={`Bind mount ${index + 1}: path in the container`}
          placeholder="Container: /data"
          value={row.containerPath}
          onChange={(event) => change({ containerPath: event.currentTarget.value })}
          onBlur={() => leave("container_path")}
          error={problem("container_path", row.containerPath)}
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: classes.mono ?? "" }}
        />
        <div className={classes.check}>
          <Checkbox
            label="Read-only"
            checked={row.readOnly}
            onChange={(event) => change({ readOnly: event.currentTarget.checked })}
          />
        </div>
        <div className={classes.remove}>
          <ActionIcon
            aria-label={`Remove bind mount ${index + 1}`}
            onClick={() => launch.setText((text) => removeMount(text, index))}
          >
            <Icon name="close" size={14} />
          </ActionIcon>
        </div>
      </div>
      <Problem text={launch.fields.get(`bind_mounts[${index}]`)} />
      <Problem text={launch.fields.get(`bind_mounts[${index}].propagation`)} />
    </div>
  );
}

/** What is wrong with a whole row, or all of them. */
export function Problem({ text }: { text: string | undefined }) {
  return text === undefined ? null : <p className={classes.problem}>{atField(text)}</p>;
}
