import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queueQuery } from "../../api/cluster";
import { kindOf } from "../../assets/kinds";
import { DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { poolsOf, type Waiting, waiting } from "./queue";
import { queueColumns } from "./queueColumns";

const rowKey = ({ asset }: Waiting) => String(asset.id);
const rowName = ({ asset }: Waiting) => `${kindOf(asset.kind)?.noun ?? "asset"} ${asset.id}`;
const href = ({ asset }: Waiting) => `/${kindOf(asset.kind)?.path ?? "assets"}/${asset.id}`;

/** What waits for a place, the next one first. */
export function Queue({ pool }: { pool: string }) {
  const queue = useInfiniteQuery(queueQuery(pool));
  const rows = useMemo(() => waiting(queue.data?.pages.flatMap((page) => page.entries) ?? []), [queue.data]);

  if (queue.isError) return <ErrorPanel error={queue.error} onRetry={() => queue.refetch()} />;
  return (
    <DataTable
      label="Queue"
      rows={rows}
      columns={queueColumns(poolsOf(rows))}
      rowKey={rowKey}
      rowName={rowName}
      href={href}
      loading={queue.isPending}
      empty={
        <EmptyState title="Nothing waits" command="pedl command run --slots 1 -- hostname">
          What is launched now gets its place at once, where it fits.
        </EmptyState>
      }
      footer={
        queue.hasNextPage && (
          <Button
            variant="subtle"
            size="xs"
            mt={8}
            loading={queue.isFetchingNextPage}
            onClick={() => queue.fetchNextPage()}
          >
            Show more
          </Button>
        )
      }
    />
  );
}
