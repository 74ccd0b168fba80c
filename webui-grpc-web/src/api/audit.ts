import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { infiniteQueryOptions } from "@tanstack/react-query";
import type { AuditEvent } from "../gen/pedl/v1/cluster_pb";
import { cluster } from "./clients";

const PAGE = 100;

/** Which events. */
export interface Filter {
  username: string;
  action: string;
  since?: Timestamp;
  until?: Timestamp;
}

interface Page {
  events: AuditEvent[];
  /** A page token is good for one filter only, so the times that the first page was asked for go along with it. */
  filter: Filter;
  next: string;
}

/** Events, newest first. `filterAt` tells the filter at a given now; `key` is what it comes from. */
export function auditQuery(key: object, filterAt: (now: number) => Filter) {
  return infiniteQueryOptions({
    queryKey: ["audit", key],
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const filter = pageParam?.filter ?? filterAt(Date.now());
      const pageToken = pageParam?.next ?? "";
      const page = await cluster.listAuditEvents({ ...filter, pageSize: PAGE, pageToken }, { signal });
      return { events: page.events, filter, next: page.nextPageToken };
    },
    initialPageParam: null as { filter: Filter; next: string } | null,
    getNextPageParam: ({ filter, next }) => (next === "" ? null : { filter, next }),
  });
}
