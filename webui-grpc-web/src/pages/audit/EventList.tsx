import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Skeleton } from "../../components/Skeleton";
import { rowKey, useRowKeys } from "../../components/useRowKeys";
import type { AuditEvent } from "../../gen/pedl/v1/cluster_pb";
import classes from "./EventList.module.css";
import { EventRow } from "./EventRow";

interface Props {
  events: AuditEvent[];
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
  onPerson: (username: string) => void;
}

/** The frame's page scrolls, not the document. */
function scroller(): HTMLElement | null {
  return document.getElementById("page");
}

/** Only the rows in view are in the page, however many there are; more are asked for as the end comes near. */
export function EventList({ events, hasMore, isLoadingMore, onMore, onPerson }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const page = scroller();
    if (body.current === null || page === null) return;
    setTop(body.current.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop);
  }, []);
  const virtual = useVirtualizer({
    getScrollElement: scroller,
    count: events.length,
    estimateSize: () => 37,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => String(events[index]?.id ?? index),
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  const isNearEnd = last >= events.length - 10;
  useEffect(() => {
    if (isNearEnd && hasMore && !isLoadingMore) onMore();
  }, [isNearEnd, hasMore, isLoadingMore, onMore]);

  return (
    <>
      <table aria-label="Audit events" aria-rowcount={hasMore ? -1 : events.length + 1} className={classes.table}>
        <Head />
        <tbody ref={body} className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {rows.map(({ index, key, start }) => {
            const event = events[index];
            return event === undefined ? null : (
              <tr
                key={key}
                aria-rowindex={index + 2}
                data-index={index}
                tabIndex={-1}
                {...rowKey}
                data-refused={!event.succeeded || undefined}
                ref={virtual.measureElement}
                className={classes.row}
                style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
              >
                <EventRow event={event} onPerson={onPerson} />
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className={classes.end}>
        {hasMore ? (
          <Button variant="subtle" size="xs" loading={isLoadingMore} onClick={onMore}>
            Show older
          </Button>
        ) : (
          <span className="quiet">{events.length === 1 ? "1 event" : `${events.length} events`}, no older ones</span>
        )}
      </p>
    </>
  );
}

function Head() {
  return (
    <thead className={classes.head}>
      <tr className={classes.columns}>
        {["Time", "Who", "From", "Action", "Target", "Result"].map((title) => (
          <th key={title} scope="col">
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function EventListSkeleton() {
  return (
    <table className={classes.table} aria-busy="true">
      <Head />
      <tbody>
        {[70, 90, 60, 80, 75, 65, 85].map((width) => (
          <tr key={width} className={classes.placeholder}>
            <td>
              <Skeleton width={`${width}%`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
