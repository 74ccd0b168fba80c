import { Link } from "@tanstack/react-router";
import type { Kind } from "../../assets/kinds";
import { Duration } from "../../components/Duration";
import { OwnerMark } from "../../components/OwnerMark";
import { PageHeader } from "../../components/PageHeader";
import { StateMark } from "../../components/StateMark";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import { AssetActions } from "./AssetActions";
import { AssetConfig } from "./AssetConfig";
import { AssetEvents } from "./AssetEvents";
import { AssetFacts } from "./AssetFacts";
import { AssetLog } from "./AssetLog";
import classes from "./AssetView.module.css";
import { TABS, type Tab } from "./search";

const LABELS: Record<Tab, string> = { log: "Log", config: "Config", events: "Events" };

export function AssetView({ asset, kind, tab }: { asset: Asset; kind: Kind; tab: Tab }) {
  return (
    <div className={classes.page}>
      <PageHeader
        title={asset.description}
        lead={<Lead asset={asset} kind={kind} />}
        actions={<AssetActions asset={asset} kind={kind} />}
      />
      <details className={classes.narrow}>
        <summary>Details</summary>
        <AssetFacts asset={asset} />
      </details>
      <div className={classes.body}>
        <div className={classes.main}>
          <nav className={classes.tabs} aria-label="Parts of this page">
            {TABS.map((name) => (
              <Link
                key={name}
                to="."
                search={name === "log" ? {} : { tab: name }}
                activeOptions={{ exact: true, includeSearch: true }}
                className={classes.tab}
              >
                {LABELS[name]}
              </Link>
            ))}
          </nav>
          <div className={classes.panel}>
            <Part asset={asset} kind={kind} tab={tab} />
          </div>
        </div>
        <aside className={classes.facts} aria-label="Details">
          <AssetFacts asset={asset} />
        </aside>
      </div>
    </div>
  );
}

function Part({ asset, kind, tab }: { asset: Asset; kind: Kind; tab: Tab }) {
  switch (tab) {
    case "log":
      return <AssetLog asset={asset} kind={kind} />;
    case "config":
      return <AssetConfig asset={asset} />;
    case "events":
      return <AssetEvents asset={asset} />;
  }
}

function Lead({ asset, kind }: { asset: Asset; kind: Kind }) {
  const { state, stateReason, startedAt, endedAt } = asset;
  return (
    <div className={classes.lead}>
      <StateMark state={state} withLabel />
      {startedAt ? <Duration from={startedAt} {...(endedAt && { to: endedAt })} /> : null}
      <span className="num">
        {kind.noun.charAt(0).toUpperCase() + kind.noun.slice(1)} {String(asset.id)}
      </span>
      <OwnerMark username={asset.owner} withName />
      {stateReason ? <span className={classes.reason}>{stateReason}</span> : null}
    </div>
  );
}
