import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ErrorPanel } from "../../components/ErrorPanel";
import { PageHeader } from "../../components/PageHeader";
import { SkeletonLines } from "../../components/Skeleton";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import { useSession } from "../../session/session";
import { defaultsQuery, templateQuery } from "./api";
import { draftOf, findDraft } from "./draft";
import { LaunchForm } from "./LaunchForm";

/** Launches a command, from nothing or as another one with changes. */
export default function LaunchPage() {
  const { from } = useSearch({ from: "/frame/commands/new" });
  return from === undefined ? <Begun key="new" from={undefined} /> : <FromAsset key={from} from={from} />;
}

function FromAsset({ from }: { from: string }) {
  const { data: asset, error, refetch } = useQuery(templateQuery(from));
  const redacted = asset?.redacted === true;
  const defaults = useQuery({ ...defaultsQuery(), enabled: redacted });
  if (asset?.spec.case === "command" && !(redacted && defaults.isPending)) {
    return <Begun from={from} template={asset} defaults={defaults.data} />;
  }
  return (
    <>
      <PageHeader title="Launch a command" lead={`With the configuration of ${from}`} />
      {error ? (
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      ) : asset && !redacted ? (
        <p>
          {from} is no command.{" "}
          <Link to="/commands/new" className="link">
            Launch one from the start
          </Link>
        </p>
      ) : (
        <SkeletonLines lines={8} />
      )}
    </>
  );
}

interface Props {
  from: string | undefined;
  template?: Asset;
  /** What the cluster gives to each command, where that is known. */
  defaults?: Asset | undefined;
}

function Begun({ from, template, defaults }: Props) {
  const { user } = useSession();
  // What comes later would overwrite what was entered.
  const [fresh] = useState(() => draftOf(template, defaults));
  const [kept] = useState(() => findDraft(user.username, from));
  return <LaunchForm from={from} template={template} fresh={fresh} kept={kept} />;
}
