/** Over HTTP/1.1 browsers allow six connections to a host: a tab in the background gives its own up, after so many milliseconds. */
const HIDDEN = 5000;

/** Keeps something going while the tab is looked at; the returned function ends it. */
export function whileLookedAt(start: () => () => void): () => void {
  let stop: (() => void) | undefined = start();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onVisibility = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      stop ??= start();
      return;
    }
    timer = setTimeout(() => {
      stop?.();
      stop = undefined;
    }, HIDDEN);
  };
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisibility);
    stop?.();
  };
}
