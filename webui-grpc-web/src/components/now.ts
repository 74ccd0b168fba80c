import { useCallback, useRef, useSyncExternalStore } from "react";

/** Who is told, and how often, in milliseconds. One timer a pace serves a whole page of times. */
const paces = new Map<number, { listeners: Set<() => void>; timer: ReturnType<typeof setInterval> }>();

function follow(pace: number, listener: () => void): () => void {
  let entry = paces.get(pace);
  if (!entry) {
    const listeners = new Set<() => void>();
    const timer = setInterval(() => {
      for (const tell of listeners) tell();
    }, pace);
    entry = { listeners, timer };
    paces.set(pace, entry);
  }
  const { listeners, timer } = entry;
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    paces.delete(pace);
  };
}

/** The present in milliseconds, coming anew every `pace` milliseconds; `undefined`: it stands still. */
export function useNow(pace: number | undefined): number {
  const held = useRef(Date.now());
  const subscribe = useCallback(
    (listener: () => void) => {
      if (pace === undefined) return () => {};
      return follow(pace, () => {
        held.current = Date.now();
        listener();
      });
    },
    [pace],
  );
  return useSyncExternalStore(subscribe, () => held.current);
}
