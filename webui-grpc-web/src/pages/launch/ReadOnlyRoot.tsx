import { NativeSelect } from "@mantine/core";
import { setScalar } from "../../config/edit";
import { parseBool } from "../../config/scalar";
import { atField } from "./fieldProblems";
import type { Launch } from "./useLaunch";

interface Props {
  launch: Launch;
  /** What it is when nothing is given. */
  byDefault: boolean | undefined;
}

/** Whether the image's files cannot be changed. */
export function ReadOnlyRoot({ launch, byDefault }: Props) {
  const written = launch.view?.scalars.read_only_root ?? "";
  const value = parseBool(written);
  const problem = launch.fields.get("read_only_root");
  return (
    <NativeSelect
      label="Image's files"
      description="/tmp and the home can be changed anyway"
      value={value === undefined ? "" : `${value}`}
      onChange={(event) => {
        const { value } = event.currentTarget;
        launch.setText((text) => setScalar(text, "read_only_root", value));
      }}
      error={problem === undefined ? undefined : atField(problem)}
      data={[
        {
          value: "",
          label: `The cluster's default${byDefault === undefined ? "" : byDefault ? ": read-only" : ": writable"}`,
        },
        { value: "true", label: "Read-only" },
        { value: "false", label: "Writable" },
      ]}
    />
  );
}
