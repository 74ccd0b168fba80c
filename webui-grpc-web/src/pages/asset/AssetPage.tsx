import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useParams, useSearch } from "@tanstack/react-router";
import { metadataOf, reasonOf } from "../../api/errors";
import { type Kind, kindAtPath, kinds } from "../../assets/kinds";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { NotFound } from "../../shell/Failed";
import { AssetSkeleton } from "./AssetSkeleton";
import { AssetView } from "./AssetView";
import { assetQuery } from "./queries";
import { parseId, tabOf } from "./search";

export default function AssetPage() {
  const { id: text = "" } = useParams({ strict: false });
  const kind = useLocation({ select: ({ pathname }) => kindAtPath(pathname.split("/")[1] ?? "") });
  const id = parseId(text);
  if (kind === undefined) return <NotFound />;
  if (id === undefined) return <NoAsset text={text} kind={kind} />;
  return <OneAsset key={text} id={id} kind={kind} />;
}

function OneAsset({ id, kind }: { id: bigint; kind: Kind }) {
  const tab = useSearch({ strict: false, select: tabOf });
  const { data: asset, error, refetch } = useQuery(assetQuery(id, kind));
  if (asset !== undefined) return <AssetView asset={asset} kind={kind} tab={tab} />;
  if (error === null) return <AssetSkeleton />;
  switch (reasonOf(error)) {
    case "ASSET_NOT_FOUND":
      return <NoAsset text={String(id)} kind={kind} />;
    case "ASSET_OF_OTHER_KIND":
      return <OtherKind id={id} asked={kind} error={error} />;
    default:
      return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  }
}

function NoAsset({ text, kind }: { text: string; kind: Kind }) {
  return (
    <EmptyState title={`There is no ${kind.noun} ${text}`} command={`pedl ${kind.cli} list -a`}>
      Nothing with this number was ever created here.
    </EmptyState>
  );
}

function OtherKind({ id, asked, error }: { id: bigint; asked: Kind; error: unknown }) {
  const is = kinds.find(({ cli }) => cli === metadataOf(error).kind);
  const noun = is?.noun ?? "something else";
  return (
    <EmptyState title={`${id} is not ${article(asked.noun)}, but ${is ? article(noun) : noun}`}>
      <Button component={Link} to={`/${is?.path ?? "assets"}/${id}`} variant="default" size="xs" mt={8}>
        Go to {noun} {String(id)}
      </Button>
    </EmptyState>
  );
}

function article(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
}
