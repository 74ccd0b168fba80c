import { Link } from "@tanstack/react-router";
import { kindOf } from "../../assets/kinds";
import { Duration } from "../../components/Duration";
import { OwnerMark } from "../../components/OwnerMark";
import { StateMark } from "../../components/StateMark";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import classes from "./AssetLines.module.css";
import { slotsOf } from "./queue";

/** Assets, a line each: how it stands, what it is, whose, what it holds and for how long. */
export function AssetLines({ assets }: { assets: readonly Asset[] }) {
  return (
    <ul className={classes.list}>
      {assets.map((asset) => (
        <li key={String(asset.id)} className={classes.line}>
          <StateMark state={asset.state} />
          <AssetLink asset={asset} />
          <span className={classes.owner}>
            <OwnerMark username={asset.owner} withName />
          </span>
          <span className={classes.slots}>{slotsOf(asset) === 1 ? "1 slot" : `${slotsOf(asset)} slots`}</span>
          <span className={classes.time}>
            <Duration from={asset.latestTask?.startedAt ?? asset.latestTask?.placedAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}

export function AssetLink({ asset }: { asset: Asset }) {
  const id = String(asset.id);
  const path = kindOf(asset.kind)?.path;
  const words = (
    <>
      <span className={classes.id}>{id}</span>
      <span className={classes.description}>{asset.description}</span>
    </>
  );
  return path === undefined ? (
    <Link to="/assets/$id" params={{ id }} className={classes.link}>
      {words}
    </Link>
  ) : (
    <Link to={`/${path}/$id`} params={{ id }} className={classes.link}>
      {words}
    </Link>
  );
}
