import { Suspense } from "react";
import { SkeletonLines } from "../../components/Skeleton";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import { part } from "../../part";
import classes from "./AssetConfig.module.css";

const ConfigView = part(() => import("../../config/ConfigView"));

/** The configuration of an asset, to read, and to copy into a file. */
export function AssetConfig({ asset }: { asset: Asset }) {
  return (
    <div className={classes.root}>
      {asset.redacted ? (
        <p className={classes.note}>
          The values of environment variables are left out: only {asset.owner} and administrators see them.
        </p>
      ) : null}
      <Suspense fallback={<SkeletonLines lines={8} />}>
        <ConfigView asset={asset} />
      </Suspense>
    </div>
  );
}
