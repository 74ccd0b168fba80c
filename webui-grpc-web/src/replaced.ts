const key = "pedl-reloaded-at";

/** A page that is open while its master is updated asks for parts that are no longer there: it takes the new page. */
export function reloadWhenReplaced(): void {
  window.addEventListener("vite:preloadError", (event) => {
    if (!mayReload(sessionStorage.getItem(key), Date.now())) return;
    event.preventDefault();
    sessionStorage.setItem(key, String(Date.now()));
    window.location.reload();
  });
}

/** Once in ten seconds: where a reload does not help, the next failure is shown. Times in milliseconds. */
export function mayReload(last: string | null, now: number): boolean {
  return now - Number(last ?? 0) > 10_000;
}
