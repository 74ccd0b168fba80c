import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type CommandConfig, configFrom } from "../../config/commandConfig";
import { printSize } from "../../config/size";
import { defaultsQuery } from "./api";
import classes from "./ConfigForm.module.css";
import { withField } from "./fieldProblems";
import { MountRows } from "./MountRows";
import { Notice } from "./Notice";
import { ReadOnlyRoot } from "./ReadOnlyRoot";
import { ScalarField } from "./ScalarField";
import type { Launch } from "./useLaunch";
import { VariableRows } from "./VariableRows";

interface Props {
  launch: Launch;
  pools: readonly string[];
  attempted: boolean;
  onYaml: () => void;
}

/** The configuration in fields. What it does not show stays as it is in the YAML. */
export function ConfigForm({ launch, pools, attempted, onYaml }: Props) {
  const { view, fields, validation } = launch;
  const { data } = useQuery(defaultsQuery());
  const defaults: Partial<CommandConfig> = data ? configFrom(data) : {};
  const toYaml = (
    <Button variant="default" size="compact-xs" onClick={onYaml}>
      Edit the YAML
    </Button>
  );
  if (view === undefined) {
    const first = launch.problems[0];
    return (
      <Notice tone="warn" action={toYaml}>
        The YAML has to be put right before the form can show it{first ? `. Line ${first.line}: ${first.message}` : ""}
      </Notice>
    );
  }
  // What belongs to no field here.
  const loose = [...fields].filter(
    ([field]) => field === "" || field.startsWith("add_capabilities") || field === "request_id",
  );
  const named = view.scalars.description || launch.argv.length === 0 ? undefined : validation.asset?.description;
  const field = { launch, attempted };
  return (
    <div className={classes.root}>
      {loose.map(([name, message]) => (
        <Notice key={name} tone="warn" action={toYaml}>
          {withField(name, message)}
        </Notice>
      ))}
      <div className={classes.grid}>
        <div className={classes.wide}>
          <ScalarField
            {...field}
            name="description"
            label="Description"
            placeholder={named ?? "Made from the command"}
          />
        </div>
        <div className={classes.wide}>
          <ScalarField
            {...field}
            name="image"
            label="Image"
            placeholder={defaults.image ?? "The cluster's default"}
            mono
          />
        </div>
        <ScalarField
          {...field}
          name="slots"
          label="Slots"
          hint="GPUs, or CPU slots on an agent without"
          placeholder={`${defaults.slots ?? 1}`}
          numeric
        />
        <ScalarField
          {...field}
          name="resource_pool"
          label="Resource pool"
          hint="The agents it may run on"
          placeholder="default"
          choices={pools}
        />
      </div>
      <MountRows {...field} onYaml={toYaml} />
      <VariableRows {...field} onYaml={toYaml} />
      <div className={classes.grid}>
        <ScalarField
          {...field}
          name="memory"
          label="Memory"
          hint="At most, such as 8GiB"
          placeholder={sizeOf(defaults.memory)}
        />
        <ScalarField
          {...field}
          name="cpus"
          label="CPUs"
          hint="At most, such as 1.5"
          placeholder={defaults.cpus?.toString() ?? "No limit"}
          numeric
        />
        <ScalarField
          {...field}
          name="shm_size"
          label="Shared memory"
          hint="The size of /dev/shm"
          placeholder={sizeOf(defaults.shmSize)}
        />
        <ScalarField
          {...field}
          name="max_run_time"
          label="Max run time"
          hint="Stopped then; such as 30m, 2h, 7d"
          placeholder="No limit"
        />
        <ReadOnlyRoot launch={launch} byDefault={defaults.readOnlyRoot} />
        <div className={classes.wide}>
          <ScalarField
            {...field}
            name="work_dir"
            label="Work dir"
            hint="Where the program starts"
            placeholder="The home of the user that it runs as"
            mono
          />
        </div>
      </div>
      {view.others.length > 0 ? <Notice action={toYaml}>Also set, in the YAML: {view.others.join(", ")}</Notice> : null}
    </div>
  );
}

function sizeOf(size: bigint | undefined): string {
  return size === undefined ? "No limit" : printSize(size);
}
