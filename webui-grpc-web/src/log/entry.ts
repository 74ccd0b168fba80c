/** Where an entry comes from: the container's standard output or error, or PEDL itself. */
export type Source = "stdout" | "stderr" | "system";

/** A line of a log, or a piece of a long one. */
export interface Entry {
  /** Its number in the log, from 0, without gaps. */
  readonly offset: number;
  /** When it was written, in milliseconds since 1970. */
  readonly time: number;
  readonly source: Source;
  /** The bytes as written, with the newline where there was one. */
  readonly data: Uint8Array;
}

/** Some entries, in order, and how far the reading has come: the first offset not looked at. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly next: number;
}

/** What to read; as ReadLogs has it. */
export interface ReadRequest {
  readonly from?: number;
  readonly tail?: number;
  readonly limit?: number;
  readonly follow?: boolean;
  readonly text?: string;
}

/**
 * Reads a log. It ends when all that was asked for is read and, where followed, the task has ended. `onOpen` is called
 * once the master has agreed, which for a silent log is long before the first batch.
 */
export type ReadLogs = (request: ReadRequest, signal: AbortSignal, onOpen?: () => void) => AsyncIterable<Batch>;
