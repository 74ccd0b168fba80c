import { Code, ConnectError } from "@connectrpc/connect";

/** Whether asking for a log again would be answered in the same way. Everything else passes: a log is read on. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  switch (error.code) {
    case Code.Unauthenticated:
    case Code.PermissionDenied:
    case Code.NotFound:
    case Code.InvalidArgument:
    case Code.OutOfRange:
    case Code.FailedPrecondition:
    case Code.Unimplemented:
      return true;
    default:
      return false;
  }
}
