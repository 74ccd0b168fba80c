import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { queueQuery } from "../../api/cluster";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { OwnerMark } from "../../components/OwnerMark";
import { RelativeTime } from "../../components/RelativeTime";
import { Skeleton } from "../../components/Skeleton";
import { useRowKeys } from "../../components/useRowKeys";
import type { QueueEntry } from "../../gen/pedl/v1/cluster_pb";
import { AssetLink } from "./AssetLines";
import classes from "./Queue.module.css";
import { byPool, slotsOf, withoutRepeats } from "./queue";

/** What waits for a place, the next one first. */
export function Queue({ pool }: { pool: string }) {
  const table = useRef<HTMLTableElement>(null);
  useRowKeys(table);
  const queue = useInfiniteQuery(queueQuery(pool));
  const pools = byPool(withoutRepeats(queue.data?.pages.flatMap((page) => page.entries) ?? []));

  if (queue.isPending) return <QueueSkeleton />;
  if (queue.isError) return <ErrorPanel error={queue.error} onRetry={() => queue.refetch()} />;
  if (pools.length === 0) {
    return (
      <EmptyState title="Nothing waits" command="pedl command run --slots 1 -- hostname">
        What is launched now gets its place at once, where it fits.
      </EmptyState>
    );
  }
  return (
    <>
      <table ref={table} className={classes.table}>
        <Head />
        {pools.map(({ pool, entries }) => (
          <tbody key={pool}>
            {pools.length > 1 && (
              <tr className={classes.group}>
                <th colSpan={6} scope="rowgroup">
                  Pool {pool}
                </th>
              </tr>
            )}
            {entries.map((entry) => (
              <Row key={String(entry.asset?.id)} entry={entry} />
            ))}
          </tbody>
        ))}
      </table>
      {queue.hasNextPage && (
        <Button
          variant="subtle"
          size="xs"
          mt={8}
          className={classes.more ?? ""}
          loading={queue.isFetchingNextPage}
          onClick={() => queue.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col" className={classes.number}>
          <abbr title="Position">#</abbr>
        </th>
        <th scope="col">Asset</th>
        <th scope="col" className={classes.owner}>
          Owner
        </th>
        <th scope="col" className={classes.slots}>
          Slots
        </th>
        <th scope="col" className={classes.why}>
          Why it waits
        </th>
        <th scope="col" className={classes.since}>
          Since
        </th>
      </tr>
    </thead>
  );
}

function Row({ entry: { asset, position } }: { entry: QueueEntry }) {
  if (asset === undefined) return null;
  return (
    <tr>
      <td className={classes.number}>{String(position)}</td>
      <td className={classes.asset}>
        <AssetLink asset={asset} />
        <span className={classes.second}>{asset.stateReason}</span>
      </td>
      <td className={classes.owner}>
        <OwnerMark username={asset.owner} withName />
      </td>
      <td className={classes.slots}>{slotsOf(asset)}</td>
      <td className={classes.why}>{asset.stateReason}</td>
      <td className={classes.since}>
        <RelativeTime at={asset.latestTask?.createdAt ?? asset.createdAt} />
      </td>
    </tr>
  );
}

function QueueSkeleton() {
  return (
    <table className={classes.table} aria-busy="true">
      <Head />
      <tbody>
        {[180, 220].map((width) => (
          <tr key={width}>
            <td className={classes.number} />
            <td className={classes.asset}>
              <Skeleton width={width} />
            </td>
            <td className={classes.owner}>
              <Skeleton width={72} />
            </td>
            <td className={classes.slots} />
            <td className={classes.why}>
              <Skeleton width="70%" />
            </td>
            <td className={classes.since} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
