import { QueryClient } from "@tanstack/react-query";
import { connection, probeNow } from "./connection";

/** What was read from the master. Reads wait for a master that is away (transport.ts), so nothing is tried again here. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, staleTime: 10_000, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});

// What was read before the master went away may be old.
connection.subscribe(() => {
  if (connection.get() === "ok") void queryClient.invalidateQueries();
});

window.addEventListener("online", probeNow);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && probeNow());
