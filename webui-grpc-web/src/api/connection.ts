import { createStore } from "../store";
import { backoff } from "./backoff";

/** Whether the master answers. Only calls and probes change it. */
export const connection = createStore<"ok" | "away">("ok");

/** Asks the master whether it is there; throws where it is not. Set by clients.ts. */
let probe: () => Promise<unknown> = () => Promise.resolve();

export function probeWith(ask: () => Promise<unknown>): void {
  probe = ask;
}

let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let lastBack = 0;

/** A call found the master away: asks again and again until it answers. */
export function reportAway(): void {
  if (connection.get() === "away") return;
  // A master that answers probes and fails calls is not asked faster for it.
  if (Date.now() - lastBack > 10_000) attempt = 0;
  connection.set("away");
  again();
}

/** Asks at once: the browser is online again, or somebody came back to the tab. */
export function probeNow(): void {
  if (connection.get() !== "away") return;
  clearTimeout(timer);
  void ask();
}

function again(): void {
  timer = setTimeout(ask, backoff(attempt));
  attempt += 1;
}

async function ask(): Promise<void> {
  try {
    await probe();
    lastBack = Date.now();
    connection.set("ok");
  } catch {
    again();
  }
}

/** When the master answers again; rejects where the signal aborts first. */
export function whenBack(signal?: AbortSignal): Promise<void> {
  if (connection.get() === "ok") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = connection.subscribe(() => {
      if (connection.get() !== "ok") return;
      signal?.removeEventListener("abort", abort);
      stop();
      resolve();
    });
    const abort = () => {
      stop();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}
