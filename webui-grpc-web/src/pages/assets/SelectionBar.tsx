import { Button } from "@mantine/core";
import type { Kind } from "../../assets/kinds";
import { tip } from "../../components/Tips";
import type { Row } from "./row";
import classes from "./SelectionBar.module.css";

interface Props {
  kind: Kind;
  selected: readonly Row[];
  /** Those of them that can be killed. */
  killable: readonly Row[];
  onKill: () => void;
  onClear: () => void;
}

/** What can be done with the selected rows. */
export function SelectionBar({ kind, selected, killable, onKill, onClear }: Props) {
  const why = killable.length === 0 ? "Each of them has ended or is another's." : undefined;
  return (
    <div className={classes.root} role="toolbar" aria-label={`Selected ${kind.plural}`}>
      <span className={classes.count}>{selected.length} selected</span>
      <span {...tip(why)}>
        <Button size="compact-sm" variant="default" onClick={onKill} disabled={why !== undefined}>
          {killable.length < selected.length && killable.length > 0 ? `Kill ${killable.length} of them…` : "Kill…"}
        </Button>
      </span>
      <Button size="compact-sm" variant="subtle" color="gray" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
