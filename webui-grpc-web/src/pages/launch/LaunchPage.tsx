import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { ErrorPanel } from "../../components/ErrorPanel";
import { PageHeader } from "../../components/PageHeader";
import { SkeletonLines } from "../../components/Skeleton";
import { argvOf, configOf } from "../../config/commandConfig";
import { formView } from "../../config/edit";
import { programFrom } from "../../config/words";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import { useSession } from "../../session/session";
import { templateQuery } from "./api";
import { type Draft, EMPTY, findDraft } from "./draft";
import { LaunchForm } from "./LaunchForm";

/** Launches a command, from nothing or as another one with changes. */
export default function LaunchPage() {
  const { from } = useSearch({ from: "/frame/commands/new" });
  return from === undefined ? (
    <Begun key="new" from={undefined} template={undefined} />
  ) : (
    <FromAsset key={from} from={from} />
  );
}

function FromAsset({ from }: { from: string }) {
  const { data: asset, error, refetch } = useQuery(templateQuery(from));
  if (asset?.spec.case === "command") {
    return <Begun from={from} template={asset} />;
  }
  return (
    <>
      <PageHeader title="Launch a command" lead={`With the configuration of ${from}`} />
      {error ? (
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      ) : asset ? (
        <p>
          {from} is no command. <Link to="/commands/new">Launch one from the start</Link>
        </p>
      ) : (
        <SkeletonLines lines={8} />
      )}
    </>
  );
}

function Begun({ from, template }: { from: string | undefined; template: Asset | undefined }) {
  const { user } = useSession();
  const fresh = useMemo(() => draftOf(template), [template]);
  const kept = useMemo(() => findDraft(user.username, from), [user.username, from]);
  return <LaunchForm from={from} template={template} fresh={fresh} kept={kept} />;
}

function draftOf(template: Asset | undefined): Draft {
  if (template === undefined) return EMPTY;
  const text = configOf(template);
  const withheld = template.redacted ? (formView(text)?.variables ?? []).map(({ name }) => name) : [];
  return { program: programFrom(argvOf(template)), text, withheld };
}
