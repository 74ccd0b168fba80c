import { createClient, createContextValues } from "@connectrpc/connect";
import { AssetService } from "../gen/pedl/v1/asset_pb";
import { ClusterService } from "../gen/pedl/v1/cluster_pb";
import { SessionService } from "../gen/pedl/v1/session_pb";
import { UserService } from "../gen/pedl/v1/user_pb";
import { probeWith } from "./connection";
import { transport, unwatched } from "./transport";

export const assets = createClient(AssetService, transport);
export const users = createClient(UserService, transport);
export const sessions = createClient(SessionService, transport);
export const cluster = createClient(ClusterService, transport);

/** Call options for calls that deal with their own failures. */
export function alone(): { contextValues: ReturnType<typeof createContextValues> } {
  return { contextValues: createContextValues().set(unwatched, true) };
}

probeWith(() => cluster.getMaster({}, { ...alone(), timeoutMs: 5000 }));
