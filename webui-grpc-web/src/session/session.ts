import { Code, ConnectError } from "@connectrpc/connect";
import { alone, cluster, sessions } from "../api/clients";
import { reportAway, whenBack } from "../api/connection";
import { isAway, reasonOf } from "../api/errors";
import { queryClient } from "../api/queryClient";
import { nextSession, whenSessionEnds } from "../api/transport";
import type { Session } from "../gen/pedl/v1/session_pb";
import type { User } from "../gen/pedl/v1/user_pb";
import { createStore, useStore } from "../store";
import { signedOutOnPurpose } from "./purpose";
import { onOtherTabs, tellOtherTabs } from "./tabs";

/** The account that everybody may act as while it is active and its password blank. */
export const defaultAccount = "pedl";

export interface SignedIn {
  readonly user: User;
  readonly session: Session;
}

type State = { status: "unknown" } | { status: "signedOut"; here?: boolean } | ({ status: "signedIn" } & SignedIn);

const state = createStore<State>({ status: "unknown" });

/** Who is signed in, or nobody; undefined until it is known. */
export function whoIsSignedIn(): SignedIn | null | undefined {
  const now = state.get();
  if (now.status === "unknown") return undefined;
  return now.status === "signedIn" ? now : null;
}

/** Whether nobody is, for somebody signed out on this very page. */
export function signedOutHere(): boolean {
  const now = state.get();
  return now.status === "signedOut" && now.here === true;
}

/** Who is signed in. For what stands within the frame, where somebody is. */
export function useSession(): SignedIn {
  const now = useStore(state);
  if (now.status !== "signedIn") throw new Error("nobody is signed in");
  return now;
}

/** Who is signed in, if anybody. */
export function useOptionalSession(): SignedIn | undefined {
  const now = useStore(state);
  return now.status === "signedIn" ? now : undefined;
}

/** Called with each change of who is signed in. */
export function onSessionChange(listener: () => void): () => void {
  return state.subscribe(listener);
}

function become(next: State): void {
  nextSession();
  // Nobody sees what another account was shown.
  queryClient.clear();
  state.set(next);
}

let looking: Promise<SignedIn | null> | undefined;

/** Finds out who is signed in, once; signs in as the default account where that is open and nobody signed out here. */
export function ensureSession(): Promise<SignedIn | null> {
  const known = whoIsSignedIn();
  if (known !== undefined) return Promise.resolve(known);
  looking ??= look().finally(() => {
    looking = undefined;
  });
  return looking;
}

async function look(): Promise<SignedIn | null> {
  const found = await current();
  if (found === "missing" && !signedOutOnPurpose.get() && (await defaultAccountOpen())) {
    try {
      return await signIn(defaultAccount, "");
    } catch {
      // It was closed this moment; there is a page for that.
    }
  }
  if (typeof found === "string") {
    become({ status: "signedOut" });
    return null;
  }
  become({ status: "signedIn", ...found });
  return found;
}

/** Who the cookie says is calling; waits for a master that is away. */
async function current(): Promise<SignedIn | "missing" | "ended"> {
  for (;;) {
    try {
      const { user, session } = await sessions.getCurrentSession({}, alone());
      if (user && session) return { user, session };
      throw new ConnectError("the master did not say who is signed in", Code.Internal);
    } catch (error) {
      if (isAway(error)) {
        reportAway();
        await whenBack();
        continue;
      }
      if (!(error instanceof ConnectError) || error.code !== Code.Unauthenticated) throw error;
      return reasonOf(error) === "TOKEN_MISSING" ? "missing" : "ended";
    }
  }
}

/** Whether everybody may act as the default account. */
export async function defaultAccountOpen(): Promise<boolean> {
  const master = await cluster.getMaster({});
  return master.defaultAccountOpen;
}

/** Opens a session in this browser; throws what the login page tells. */
export async function signIn(username: string, password: string): Promise<SignedIn> {
  const { user, session } = await sessions.login({ username, password, browser: true }, alone());
  if (!user || !session) throw new ConnectError("the master did not say who is signed in", Code.Internal);
  signedOutOnPurpose.set(false);
  become({ status: "signedIn", user, session });
  tellOtherTabs("signedIn");
  return { user, session };
}

let signingOut = false;

/** Ends the session on the master. Throws where it could not be ended: then one is still signed in. */
export async function signOut(): Promise<void> {
  signingOut = true;
  try {
    await sessions.logout({}, alone());
  } catch (error) {
    // Ended already, elsewhere.
    if (!(error instanceof ConnectError) || error.code !== Code.Unauthenticated) throw error;
  } finally {
    signingOut = false;
  }
  signedOutOnPurpose.set(true);
  if (state.get().status !== "signedOut") become({ status: "signedOut", here: true });
  tellOtherTabs("signedOut");
}

/** The own account has changed: its name, its role, its link. */
export function updateOwnUser(user: User): void {
  const now = state.get();
  if (now.status === "signedIn") state.set({ ...now, user });
}

whenSessionEnds(() => {
  // Open streams hear of a logout before it is answered.
  if (state.get().status === "signedIn") become({ status: "signedOut", here: signingOut });
});

onOtherTabs((event) => {
  if (event === "signedOut") return become({ status: "signedOut" });
  // The cookie is another session's now: look whose.
  void current()
    .then((found) => become(typeof found === "string" ? { status: "signedOut" } : { status: "signedIn", ...found }))
    .catch(() => become({ status: "signedOut" }));
});
