import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { assets } from "../../api/clients";
import type { Kind } from "../../assets/kinds";
import { hasEnded } from "../../assets/states";
import { CopyButton } from "../../components/CopyButton";
import { confirm } from "../../components/confirm";
import { Icon } from "../../components/Icon";
import { OwnerMark } from "../../components/OwnerMark";
import { type Asset, AssetKind, AssetState } from "../../gen/pedl/v1/asset_pb";
import { useSession } from "../../session/session";
import { assetQuery } from "./queries";

export function AssetActions({ asset, kind }: { asset: Asset; kind: Kind }) {
  const { user } = useSession();
  const queries = useQueryClient();
  const mayKill = user.admin || user.username === asset.owner;
  const kill = () =>
    confirm({
      title: `Kill ${kind.noun} ${asset.id}?`,
      body: (
        <>
          <p>
            <strong>{asset.description}</strong>
          </p>
          <p>
            <OwnerMark username={asset.owner} withName />
          </p>
          <p>It is sent SIGTERM, and SIGKILL after a grace period. What it has written stays.</p>
        </>
      ),
      confirmLabel: `Kill ${kind.noun} ${asset.id}`,
      danger: true,
      action: async () => {
        const { asset: killed } = await assets.killAsset({ id: asset.id, kind: kind.kind });
        if (killed) queries.setQueryData(assetQuery(asset.id, kind).queryKey, killed);
      },
    });
  return (
    <>
      <CopyButton value={`pedl ${kind.cli} logs -f ${asset.id}`} label={`Copy: pedl ${kind.cli} logs -f ${asset.id}`} />
      {kind.kind === AssetKind.COMMAND ? (
        <Button
          renderRoot={(props) => <Link to="/commands/new" search={{ from: String(asset.id) }} {...props} />}
          variant="default"
          size="xs"
          leftSection={<Icon name="refresh" size={14} />}
        >
          Launch again
        </Button>
      ) : null}
      {mayKill && !hasEnded(asset.state) ? (
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="kill" size={14} />}
          onClick={kill}
          disabled={asset.state === AssetState.STOPPING}
        >
          Kill
        </Button>
      ) : null}
    </>
  );
}
