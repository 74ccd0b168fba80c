import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";
import { ErrorReason } from "../gen/pedl/v1/error_reason_pb";

export type Reason = keyof typeof ErrorReason;

/** Why a call failed, as error_reason.proto names it without its prefix; undefined where the master did not say. */
export function reasonOf(error: unknown): Reason | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === "pedl");
  return info && Object.hasOwn(ErrorReason, info.reason) ? (info.reason as Reason) : undefined;
}

/** What the master says beside the reason: of an asset of another kind, its `kind`. */
export function metadataOf(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ConnectError)) return {};
  return error.findDetails(ErrorInfoSchema)[0]?.metadata ?? {};
}

/** What is wrong with which field of a request. Fields are named as in the protos: `agent_user.uid`. */
export function violationsOf(error: unknown): Map<string, string> {
  if (!(error instanceof ConnectError)) return new Map();
  const violations = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
  return new Map(violations.map(({ field, description }) => [field, description]));
}

/** After how many seconds to try again, where the master says so. */
export function retrySecondsOf(error: unknown): number | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && Math.max(1, Math.ceil(Number(delay.seconds) + delay.nanos / 1e9));
}

/** Whether the master cannot be reached, or says that it cannot answer now: it is worth trying again. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return error instanceof TypeError;
  // What `fetch` and a body that breaks off throw; a proxy's 502 to 504 come as UNAVAILABLE.
  return error.code === Code.Unavailable || isNetworkFailure(error.cause);
}

function isNetworkFailure(cause: unknown): boolean {
  return cause instanceof TypeError || (cause instanceof DOMException && cause.name === "NetworkError");
}

/** Whether the call was given up on purpose. */
export function isAborted(error: unknown): boolean {
  return error instanceof ConnectError
    ? error.code === Code.Canceled
    : error instanceof DOMException && error.name === "AbortError";
}

/** Something that went wrong and that only the page can tell: of five calls, two failed. */
export class Problem extends Error {
  constructor(
    readonly title: string,
    readonly detail: string,
  ) {
    super(title);
  }
}

export interface Explained {
  title: string;
  detail?: string;
}

/** What went wrong and what to do, in words. The master's own words, where it has some, are the better ones. */
export function explain(error: unknown): Explained {
  if (error instanceof Problem) return { title: error.title, detail: error.detail };
  if (isAway(error)) {
    return { title: "The master is not answering", detail: "Nothing was lost here. Try again in a moment." };
  }
  if (!(error instanceof ConnectError)) {
    return {
      title: "Something went wrong on this page",
      detail: error instanceof Error ? error.message : String(error),
    };
  }
  const said = sentence(error.rawMessage);
  switch (reasonOf(error)) {
    case "LOGIN_FAILED":
      return { title: "No active account has this name and password" };
    case "LOGIN_THROTTLED": {
      const seconds = retrySecondsOf(error);
      return { title: "Too many attempts", detail: seconds ? `Try again in ${seconds} s.` : "Try again later." };
    }
    case "ADMIN_REQUIRED":
      return { title: "Only administrators may do this", detail: said };
    case "NOT_OWNER":
      return { title: "Only its owner and administrators may do this", detail: said };
    case "FOREIGN_ORIGIN":
      return { title: "The master does not know this address as its own", detail: said };
    case "BUSY":
      return { title: "The master is busy", detail: "Try again in a moment." };
    case "INTERNAL":
      return { title: "The master failed", detail: "Its log says why." };
    case "UNKNOWN_RPC":
      return {
        title: "This master cannot do that yet",
        detail: "The page is newer than the master: update the master.",
      };
    default:
      break;
  }
  const fields = [...violationsOf(error)].map(([field, text]) => `${field}: ${text}`);
  if (fields.length > 0) return { title: "Some of what was entered is not right", detail: fields.join("\n") };
  if (error.code === Code.Unimplemented) {
    return { title: "This master cannot do that yet", detail: "The page is newer than the master: update the master." };
  }
  return { title: said || "The master refused" };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
