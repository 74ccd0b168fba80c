/** The API as a script calls it. */
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AssetService } from "../src/gen/pedl/v1/asset_pb";
import { ClusterService } from "../src/gen/pedl/v1/cluster_pb";
import { SessionService } from "../src/gen/pedl/v1/session_pb";
import { UserService } from "../src/gen/pedl/v1/user_pb";

export interface Api {
  assets: Client<typeof AssetService>;
  cluster: Client<typeof ClusterService>;
  sessions: Client<typeof SessionService>;
  users: Client<typeof UserService>;
}

/** The API, for whoever a token stands for. */
export function api(url: string, token?: string): Api {
  const bearer: Interceptor = (next) => (request) => {
    if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = createGrpcWebTransport({ baseUrl: url, interceptors: [bearer] });
  return {
    assets: createClient(AssetService, transport),
    cluster: createClient(ClusterService, transport),
    sessions: createClient(SessionService, transport),
    users: createClient(UserService, transport),
  };
}

/** Logs in as a script does. */
export async function login(url: string, username: string, password = ""): Promise<Api> {
  const { token } = await api(url).sessions.login({ username, password });
  return api(url, token);
}

/** Logs in as a page does, and answers the cookie's `NAME=VALUE`. */
export async function browserCookie(url: string, username: string, password = ""): Promise<string> {
  let cookie: string | undefined;
  const transport = createGrpcWebTransport({
    baseUrl: url,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("origin", url);
      const response = await fetch(input, { ...init, headers });
      cookie = response.headers.getSetCookie()[0]?.split(";")[0];
      return response;
    },
  });
  await createClient(SessionService, transport).login({ username, password, browser: true });
  if (cookie === undefined) throw new Error(`logging in as ${username} set no cookie`);
  return cookie;
}
