import { Button } from "@mantine/core";
import { isAway } from "../../api/errors";
import { FormError } from "../../components/FormError";
import { useSession } from "../../session/session";
import classes from "./LaunchBar.module.css";
import { runsAs } from "./runsAs";
import type { Launch } from "./useLaunch";
import type { Validation } from "./useValidation";

interface Props {
  launch: Launch;
  attempted: boolean;
  onLaunch: () => void;
  onProblem: () => void;
}

/** The launch, who it runs as, and what is in its way. */
export function LaunchBar({ launch, attempted, onLaunch, onProblem }: Props) {
  const { user } = useSession();
  const { creation, config, fields } = launch;
  const { text, warning } = runsAs(user.agentUser);
  const mounts = (config.bindMounts?.length ?? 0) > 0;
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  return (
    <div className={classes.root}>
      {mounts && warning !== undefined ? <p className={classes.warning}>{warning}</p> : null}
      <FormError error={creation.error} fields={[...fields.keys()]} />
      {isAway(creation.error) ? <p className={classes.note}>Launching it again makes no second one.</p> : null}
      <div className={classes.line}>
        <Button
          onClick={onLaunch}
          loading={creation.busy}
          rightSection={<kbd className={classes.keys}>{apple ? "⌘↵" : "Ctrl ↵"}</kbd>}
        >
          Launch
        </Button>
        <span>
          Runs as <strong>{text}</strong>
        </span>
        <Standing launch={launch} attempted={attempted} onProblem={onProblem} />
      </div>
    </div>
  );
}

function Standing({ launch, attempted, onProblem }: Omit<Props, "onLaunch">) {
  const { fields, argv, validation, withheld } = launch;
  const others = [...fields.keys()].filter((field) => field !== "command.argv" || argv.length > 0);
  const missing = argv.length === 0 && attempted ? 1 : 0;
  const count = others.length + missing + withheld.length;
  if (count > 0) {
    return (
      <button type="button" className={classes.problems} onClick={onProblem}>
        {count === 1 ? "1 thing to put right" : `${count} things to put right`}
      </button>
    );
  }
  return (
    <span className={classes.standing} role="status">
      {wordFor(validation.status, argv.length > 0)}
    </span>
  );
}

function wordFor(status: Validation["status"], hasProgram: boolean): string {
  if (!hasProgram) return "";
  switch (status) {
    case "checking":
      return "Checking";
    case "away":
      return "The master is away: what you enter stays here";
    case "good":
      return "Ready";
    case "bad":
      return "The master refuses it";
    case "idle":
      return "";
  }
}
