import { backoff, pause } from "../api/backoff";

/** Waits; returns early where `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const wait: Wait = pause;

/** Runs `action` before the next frame. A hidden page has no frames: then soon. */
export function nextFrame(action: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(action, 200);
  else requestAnimationFrame(action);
}

/** Waits between attempts, each longer than the one before until something has come of one. */
export class Backoff {
  #attempt = 0;

  next(): number {
    return backoff(this.#attempt++);
  }

  reset(): void {
    this.#attempt = 0;
  }
}

/** A signal that is aborted with another one, or by itself. */
export function childOf(parent: AbortSignal): AbortController {
  const child = new AbortController();
  if (parent.aborted) child.abort();
  else parent.addEventListener("abort", () => child.abort(), { once: true, signal: child.signal });
  return child;
}
