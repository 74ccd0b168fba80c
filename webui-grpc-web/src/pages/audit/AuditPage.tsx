import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { auditQuery } from "../../api/audit";
import { AdminOnly } from "../../components/AdminOnly";
import { CliLine } from "../../components/CliLine";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { Icon } from "../../components/Icon";
import { PageHeader } from "../../components/PageHeader";
import classes from "./AuditPage.module.css";
import { EventList, EventListSkeleton } from "./EventList";
import { Filters } from "./Filters";
import { type AuditSearch, auditCommand, auditFilter } from "./filter";

const route = getRouteApi("/frame/audit");

export default function AuditPage() {
  return (
    <AdminOnly>
      <Audit />
    </AdminOnly>
  );
}

/** Who did what to whom. */
function Audit() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery(auditQuery(search, (now) => auditFilter(search, now)));
  const events = list.data?.pages.flatMap((page) => page.events) ?? [];
  const change = (next: AuditSearch) => navigate({ search: next });
  const isFiltered = Object.keys(search).length > 0;

  return (
    <>
      <PageHeader
        title="Audit log"
        lead="Who did what to whom, and what was refused. Newest first."
        actions={
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="refresh" size={14} />}
            loading={list.isRefetching && !list.isFetchingNextPage}
            onClick={() => list.refetch()}
          >
            Refresh
          </Button>
        }
      />
      <Filters search={search} onChange={change} />
      <div className={classes.command}>
        <CliLine command={auditCommand(search)} />
      </div>
      {list.isError && <ErrorPanel error={list.error} onRetry={() => list.refetch()} />}
      {list.isPending && <EventListSkeleton />}
      {events.length > 0 && (
        <EventList
          events={events}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => list.fetchNextPage()}
          onPerson={(who) => change({ ...search, who })}
        />
      )}
      {list.isSuccess && events.length === 0 && (
        <EmptyState title={isFiltered ? "Nothing of that was recorded" : "Nothing has been recorded yet"}>
          {isFiltered && (
            <Button variant="default" onClick={() => change({})}>
              Show everything
            </Button>
          )}
        </EmptyState>
      )}
    </>
  );
}
