import { type RefObject, useMemo } from "react";
import YamlEditor, { type EditorHandle } from "../../config/YamlEditor";
import classes from "./ConfigYaml.module.css";
import { marksOf, withField } from "./fieldProblems";
import type { Launch } from "./useLaunch";

interface Props {
  launch: Launch;
  pools: readonly string[];
  handle: RefObject<EditorHandle | null>;
}

/** The configuration as a file, with what is wrong with it. */
export default function ConfigYaml({ launch, pools, handle }: Props) {
  const { text, setText, problems, violations, withheld } = launch;
  const marks = useMemo(() => marksOf(text, problems, violations, withheld), [text, problems, violations, withheld]);
  // What has no place in the file, the program's aside, which stand at its field.
  const loose = [...violations].filter(([field]) => !field.startsWith("command") && problems.length === 0);
  return (
    <div className={classes.root}>
      <div className={classes.head}>
        <span className={classes.label}>Configuration</span>
        <span className="quiet">As pedl command run --config-file takes it</span>
      </div>
      <YamlEditor
        value={text}
        onChange={setText}
        marks={marks}
        pools={pools}
        label="Configuration in YAML"
        placeholder="image: python:3.12"
        handle={handle}
      />
      <ul className={classes.problems} aria-live="polite">
        {problems.map(({ from, line, field, message }) => (
          <li key={`${from} ${message}`}>
            <button type="button" onClick={() => handle.current?.goTo(from)}>
              Line {line}
            </button>
            {withField(field, message)}
          </li>
        ))}
        {loose.map(([field, message]) => (
          <li key={field}>{withField(field, message)}</li>
        ))}
      </ul>
    </div>
  );
}
