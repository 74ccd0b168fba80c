import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Kind } from "../../assets/kinds";
import { EmptyState } from "../../components/EmptyState";
import { AssetKind } from "../../gen/pedl/v1/asset_pb";
import { isMine, isNarrowed } from "./filter";
import type { ListSearch } from "./search";

interface Props {
  kind: Kind;
  search: ListSearch;
  me: string;
  onClear: () => void;
}

/** In place of a list that has nothing: why, and what to do. */
export function Empty({ kind, search, me, onClear }: Props) {
  const mine = isMine(search, me);
  if (isNarrowed(search)) {
    return (
      <EmptyState title={`No ${kind.plural} match this filter`}>
        <p>
          {mine
            ? "Yours were looked through. Uncheck “Show only mine” to look through everybody's."
            : "Take something out of the filter to see more."}
        </p>
        <Button variant="default" size="xs" onClick={onClear}>
          Clear the filter
        </Button>
      </EmptyState>
    );
  }
  if (kind.kind !== AssetKind.COMMAND) {
    return (
      <EmptyState title={`No ${kind.plural}`} command={`pedl ${kind.cli} list -a`}>
        This version of PEDL runs commands only, so there are no {kind.plural} to list, whoever they would belong to.
      </EmptyState>
    );
  }
  return (
    <EmptyState title={mine ? "You have run no commands" : "No commands"} command="pedl command run -- echo hello">
      <p>
        A command is a program that runs once, in a container on one of the team's machines.
        {mine ? " Uncheck “Show only mine” to see what others run." : ""}
      </p>
      <Button component={Link} to="/commands/new" variant="default" size="xs">
        Launch a command
      </Button>
    </EmptyState>
  );
}
