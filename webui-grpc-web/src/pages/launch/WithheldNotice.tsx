import { Button } from "@mantine/core";
import { Notice } from "./Notice";
import type { Launch } from "./useLaunch";

interface Props {
  launch: Launch;
  /** Whether the master left the values out, as they are another's. */
  redacted: boolean;
  owner: string | undefined;
}

/** Values of variables that are missing here, and why. */
export function WithheldNotice({ launch, redacted, owner }: Props) {
  const { withheld } = launch;
  if (withheld.length === 0) return null;
  const why = redacted
    ? `Only ${owner} and administrators see the values of environment variables, so they are empty here.`
    : "Values of environment variables are not kept over a reload, so they are empty now.";
  return (
    <Notice
      tone="warn"
      action={
        <Button variant="default" size="compact-xs" onClick={launch.leaveEmpty}>
          Leave empty
        </Button>
      }
    >
      <strong>Fill in {listed(withheld)}.</strong> {why}
    </Notice>
  );
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
