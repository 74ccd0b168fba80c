import { Button } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { kindAtPath } from "../../assets/kinds";
import { Icon } from "../../components/Icon";
import { PageHeader } from "../../components/PageHeader";
import { AssetKind } from "../../gen/pedl/v1/asset_pb";
import { AssetList } from "./AssetList";

/** The list of one kind of assets; the path says which. */
export default function AssetsPage() {
  const path = useLocation({ select: ({ pathname }) => pathname.split("/")[1] ?? "" });
  const kind = kindAtPath(path);
  if (!kind) return null;
  return (
    <>
      <PageHeader
        title={kind.label}
        actions={
          kind.kind === AssetKind.COMMAND ? (
            <Button component={Link} to="/commands/new" size="xs" leftSection={<Icon name="plus" size={14} />}>
              Launch
            </Button>
          ) : null
        }
      />
      <AssetList key={kind.path} kind={kind} />
    </>
  );
}
