import { create } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type { LogEntry } from "../gen/pedl/v1/asset_pb";
import { type AssetService, LogSource, type ReadLogsRequest, ReadLogsRequestSchema } from "../gen/pedl/v1/asset_pb";
import type { Entry, ReadLogs, ReadRequest, Source } from "./entry";

/** The log of a task, as the master has it. */
export function logOf(client: Pick<Client<typeof AssetService>, "readLogs">, taskId: string): ReadLogs {
  return async function* (request, signal, onOpen) {
    // A log may be silent for hours: no deadline.
    for await (const response of client.readLogs(toProto(taskId, request), { signal, onHeader: () => onOpen?.() })) {
      const entries = response.entries.map(toEntry);
      const last = entries.at(-1);
      yield { entries, next: Math.max(Number(response.nextOffset), last ? last.offset + 1 : 0) };
    }
  };
}

function toProto(taskId: string, { from, tail, limit, follow, text }: ReadRequest): ReadLogsRequest {
  const request = create(ReadLogsRequestSchema, {
    taskId,
    fromOffset: BigInt(from ?? 0),
    limit: BigInt(limit ?? 0),
    follow: follow ?? false,
    text: text ?? "",
  });
  if (tail !== undefined) request.tail = BigInt(tail);
  return request;
}

function toEntry({ offset, time, source, data }: LogEntry): Entry {
  const ms = time ? Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6) : 0;
  return { offset: Number(offset), time: ms, source: toSource(source), data };
}

function toSource(source: LogSource): Source {
  switch (source) {
    case LogSource.STDERR:
      return "stderr";
    case LogSource.SYSTEM:
      return "system";
    case LogSource.STDOUT:
    case LogSource.UNSPECIFIED:
      return "stdout";
  }
}
