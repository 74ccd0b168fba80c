import { useEffect, useRef } from "react";

/** Calls back on Ctrl+Enter and ⌘+Enter, wherever the focus is, dialogs aside. */
export function useLaunchKey(onLaunch: () => void): void {
  const latest = useRef(onLaunch);
  latest.current = onLaunch;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
      if (event.target instanceof Element && event.target.closest('[role="dialog"]')) return;
      // Before the editor, to which it is a new line.
      event.preventDefault();
      event.stopPropagation();
      latest.current();
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, []);
}
