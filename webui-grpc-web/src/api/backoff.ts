/** How long to wait before trying again, in milliseconds: 0.5 s, doubling to 8 s, by a fifth at random, so that many pages do not ask at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return Math.min(500 * 2 ** attempt, 8000) * (0.9 + 0.2 * random());
}

/** Resolves after that time, or at once where the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done, { once: true });
  });
}
