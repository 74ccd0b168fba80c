import { useCallback, useEffect, useRef } from "react";
import type { LiveSource } from "./liveSource";

/** How long after the pointer has left rows stay where they are, in milliseconds: it may only have passed by. */
const grace = 400;

/** Keeps rows where they are while somebody points at them, has scrolled, or has selected some. */
export function useHold(source: LiveSource, selecting: boolean) {
  const now = useRef({ over: false, scrolled: false, selecting });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const tell = useCallback(() => {
    const { over, scrolled, selecting } = now.current;
    source.hold({ inserts: over || scrolled || selecting, removals: over });
  }, [source]);

  useEffect(() => {
    now.current.selecting = selecting;
    tell();
  }, [selecting, tell]);

  useEffect(() => () => clearTimeout(timer.current), []);

  const onHover = useCallback(
    (over: boolean) => {
      clearTimeout(timer.current);
      const set = () => {
        now.current.over = over;
        tell();
      };
      if (over) set();
      else timer.current = setTimeout(set, grace);
    },
    [tell],
  );

  const onScrolled = useCallback(
    (scrolled: boolean) => {
      if (now.current.scrolled === scrolled) return;
      now.current.scrolled = scrolled;
      tell();
    },
    [tell],
  );

  return { onHover, onScrolled };
}
