import { Code, ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { reportAway, whenBack } from "./connection";
import { isAway } from "./errors";

/** Calls that deal with their own failures: logging in, looking who one is, asking whether the master is there. */
export const unwatched = createContextKey(false, { description: "whether nothing follows from this call's failure" });

let generation = 0;
let onSessionEnded: () => void = () => {};

/** Called when a call of the present session is refused for want of one. */
export function whenSessionEnds(listener: () => void): void {
  onSessionEnded = listener;
}

/** From now on calls are another session's: what earlier ones are told no longer counts. */
export function nextSession(): void {
  generation += 1;
}

function watch(error: unknown, session: number): void {
  if (isAway(error)) reportAway();
  else if (session === generation && error instanceof ConnectError && error.code === Code.Unauthenticated) {
    onSessionEnded();
  }
}

const watched: Interceptor = (next) => async (request) => {
  if (request.contextValues.get(unwatched)) return next(request);
  const session = generation;
  // Reading twice harms nothing: it waits for the master, and whoever reads sees nothing of it.
  const retry = !request.stream && /^(Get|List)/.test(request.method.name);
  for (;;) {
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: follow(response.message, session) };
    } catch (error) {
      watch(error, session);
      if (!retry || !isAway(error)) throw error;
      await whenBack(request.signal);
    }
  }
};

async function* follow<T>(messages: AsyncIterable<T>, session: number): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    watch(error, session);
    throw error;
  }
}

export const transport = createGrpcWebTransport({
  baseUrl: window.location.origin,
  // The token is in a cookie that scripts cannot read; `fetch` sends it to this site only.
  fetch: (input, init) => fetch(input, { ...init, credentials: "same-origin" }),
  interceptors: [watched],
});
