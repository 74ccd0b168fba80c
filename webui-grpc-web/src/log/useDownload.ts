import { useCallback, useEffect, useRef, useState } from "react";
import { notify } from "../components/notify";
import type { ReadLogs } from "./entry";
import { isFinal } from "./final";
import { wholeLog } from "./whole";

export interface Download {
  /** How many entries have come; absent: none is under way. */
  readonly entries: number | undefined;
  readonly start: () => void;
  readonly cancel: () => void;
}

/** Saves a whole log as a file. */
export function useDownload(read: ReadLogs, fileName: string): Download {
  const [entries, setEntries] = useState<number>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const start = useCallback(async () => {
    const abort = new AbortController();
    running.current = abort;
    setEntries(0);
    try {
      const whole = await wholeLog(read, { signal: abort.signal, isFinal, onProgress: setEntries });
      save(whole, fileName);
    } catch (error) {
      if (!abort.signal.aborted) notify.failure(error);
    } finally {
      setEntries(undefined);
    }
  }, [read, fileName]);
  return { entries, start, cancel: useCallback(() => running.current?.abort(), []) };
}

function save(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser must have opened it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
