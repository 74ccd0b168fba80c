/** Waits; returns early where `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const wait: Wait = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });

/** Runs `action` before the next frame. A hidden page has no frames: then soon. */
export function nextFrame(action: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(action, 200);
  else requestAnimationFrame(action);
}

/** Waits between attempts, in milliseconds: the first, doubled up to the last. */
export class Backoff {
  static readonly FIRST = 250;
  static readonly LAST = 5000;
  #next = Backoff.FIRST;

  next(): number {
    const now = this.#next;
    this.#next = Math.min(now * 2, Backoff.LAST);
    return now;
  }

  reset(): void {
    this.#next = Backoff.FIRST;
  }
}

/** A signal that is aborted with another one, or by itself. */
export function childOf(parent: AbortSignal): AbortController {
  const child = new AbortController();
  if (parent.aborted) child.abort();
  else parent.addEventListener("abort", () => child.abort(), { once: true, signal: child.signal });
  return child;
}
