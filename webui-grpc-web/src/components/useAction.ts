import { useCallback, useRef, useState } from "react";

/**
 * Runs a call that a person asked for. Unlike a mutation of TanStack Query it keeps neither what was sent nor what came
 * back, so that passwords and tokens are in no cache.
 */
export function useAction<Sent extends unknown[], Answer>(act: (...sent: Sent) => Promise<Answer>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(act);
  latest.current = act;

  const run = useCallback(async (...sent: Sent): Promise<Answer | null> => {
    setBusy(true);
    setError(null);
    try {
      return await latest.current(...sent);
    } catch (failure) {
      setError(failure);
      return null;
    } finally {
      setBusy(false);
    }
  }, []);

  return { run, busy, error, forget: useCallback(() => setError(null), []) };
}
