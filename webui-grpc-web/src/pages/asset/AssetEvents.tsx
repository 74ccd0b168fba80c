import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ErrorPanel } from "../../components/ErrorPanel";
import { RelativeTime } from "../../components/RelativeTime";
import { SkeletonLines } from "../../components/Skeleton";
import { StateMark } from "../../components/StateMark";
import type { Asset, AssetEvent } from "../../gen/pedl/v1/asset_pb";
import classes from "./AssetEvents.module.css";
import { eventsQuery } from "./queries";

/** What has happened to an asset, newest first. */
export function AssetEvents({ asset }: { asset: Asset }) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(eventsQuery(asset));
  if (error) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <SkeletonLines lines={6} />;
  const events = data.pages.flatMap((page) => page.events);
  if (events.length === 0) return <p className="quiet">Nothing was recorded.</p>;
  return (
    <div className={classes.root}>
      <ol className={classes.list}>
        {events.map((event) => (
          <Event key={String(event.id)} event={event} />
        ))}
      </ol>
      {hasNextPage ? (
        <Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Older events
        </Button>
      ) : null}
    </div>
  );
}

function Event({ event: { state, reason, agent, time } }: { event: AssetEvent }) {
  const where = agent ? `on ${agent}` : "";
  return (
    <li className={classes.event}>
      <span className={classes.state}>
        <StateMark state={state} withLabel />
      </span>
      <span className={classes.what}>
        {reason}
        {reason && where ? " · " : ""}
        {where}
      </span>
      <span className={classes.time}>
        <RelativeTime at={time} />
      </span>
    </li>
  );
}
