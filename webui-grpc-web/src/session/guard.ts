import type { router as appRouter } from "../routes";
import { safeNext } from "./next";
import { onSessionChange, signedOutHere, whoIsSignedIn } from "./session";

/** Where a page is open and its session ends, here or elsewhere: to the login page, which knows the way back. */
export function guardSession(router: typeof appRouter): void {
  let signedIn = whoIsSignedIn();
  onSessionChange(() => {
    const before = signedIn;
    signedIn = whoIsSignedIn();
    const { location } = router.state;
    if (signedIn !== null || !before || location.pathname === "/login") return;
    // Who signs out is done here; whoever signs in next need not be shown what it was.
    const next = signedOutHere() ? "/" : safeNext(location.href, window.location.origin);
    void router.navigate({ to: "/login", search: next === "/" ? {} : { next } });
  });
}
