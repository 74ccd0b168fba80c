import { lazy } from "react";

const key = "pedl-reloaded-at";

/**
 * A part of the page that is loaded when it is needed. While a page is open its master may be updated, and then has
 * other parts; and browsers drop requests when their machine's network changes. Neither is mended by asking again: what
 * could not be loaded once is remembered. So the page is loaded anew.
 */
export const part: typeof lazy = (load) => lazy(() => orReload(load()));

/** Loads a part before it is needed; whether that succeeds does not matter yet. */
export function loadEarly(load: () => Promise<unknown>): void {
  load().catch(() => {});
}

async function orReload<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (!mayReload(sessionStorage.getItem(key), Date.now())) throw error;
    sessionStorage.setItem(key, String(Date.now()));
    window.location.reload();
    return new Promise(() => {});
  }
}

/** Once in ten seconds: where a reload does not help, the next failure is shown. Times in milliseconds. */
export function mayReload(last: string | null, now: number): boolean {
  return now - Number(last ?? 0) > 10_000;
}
