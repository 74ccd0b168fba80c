import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { assets } from "./api/clients";
import { queryClient } from "./api/queryClient";
import { type Kind, kindAtPath, kindOf } from "./assets/kinds";
import { assetQuery } from "./pages/asset/queries";
import { parseId } from "./pages/asset/search";
import { validateListSearch } from "./pages/assets/search";
import { parseAuditSearch } from "./pages/audit/filter";
import { parseClusterSearch } from "./pages/cluster/search";
import { parseUsersSearch } from "./pages/users/search";
import { anySearch, parseSearch, stringifySearch } from "./search";
import { safeNext } from "./session/next";
import { ensureSession } from "./session/session";
import { NotFound, PageError } from "./shell/Failed";
import { Frame } from "./shell/Frame";
import { FrameSkeleton } from "./shell/FrameSkeleton";

const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: PageError });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" ? { next: search.next } : {},
  component: lazyRouteComponent(() => import("./pages/login/LoginPage")),
});

/** What only somebody who is signed in sees. */
const frame = createRoute({
  getParentRoute: () => root,
  id: "frame",
  beforeLoad: async ({ location }) => {
    if (await ensureSession()) return;
    const next = safeNext(location.href, window.location.origin);
    throw redirect({ to: "/login", search: next === "/" ? {} : { next }, replace: true });
  },
  component: Frame,
  pendingComponent: FrameSkeleton,
  pendingMs: 0,
  pendingMinMs: 0,
});

const home = createRoute({
  getParentRoute: () => frame,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/commands", replace: true });
  },
});

export const loadListPage = () => import("./pages/assets/AssetsPage");
const listPage = lazyRouteComponent(loadListPage);
export const loadAssetPage = () => import("./pages/asset/AssetPage");
const assetPage = lazyRouteComponent(loadAssetPage);

function listRoute<P extends Kind["path"]>(path: P) {
  return createRoute({
    getParentRoute: () => frame,
    path: `/${path}` as const,
    validateSearch: validateListSearch,
    component: listPage,
  });
}

function assetRoute<P extends Kind["path"]>(path: P) {
  return createRoute({
    getParentRoute: () => frame,
    path: `/${path}/$id` as const,
    validateSearch: anySearch,
    // While the page's script is on its way.
    loader: ({ params }) => {
      const id = "id" in params ? parseId(String(params.id)) : undefined;
      const kind = kindAtPath(path);
      if (id && kind) void queryClient.prefetchQuery(assetQuery(id, kind));
    },
    component: assetPage,
  });
}

/** Of whatever kind: goes to its own page. */
const anyAsset = createRoute({
  getParentRoute: () => frame,
  path: "/assets/$id",
  loader: async ({ params: { id } }) => {
    if (!/^\d{1,15}$/.test(id)) return;
    const { asset } = await assets.getAsset({ id: BigInt(id) });
    const kind = asset && kindOf(asset.kind);
    if (kind) throw redirect({ to: `/${kind.path}/$id`, params: { id }, replace: true });
  },
  component: NotFound,
});

const launch = createRoute({
  getParentRoute: () => frame,
  path: "/commands/new",
  validateSearch: (search: Record<string, unknown>): { from?: string } =>
    typeof search.from === "string" && /^\d{1,15}$/.test(search.from) ? { from: search.from } : {},
  component: lazyRouteComponent(() => import("./pages/launch/LaunchPage")),
});

const cluster = createRoute({
  getParentRoute: () => frame,
  path: "/cluster",
  validateSearch: parseClusterSearch,
  component: lazyRouteComponent(() => import("./pages/cluster/ClusterPage")),
});

const users = createRoute({
  getParentRoute: () => frame,
  path: "/users",
  validateSearch: parseUsersSearch,
  component: lazyRouteComponent(() => import("./pages/users/UsersPage")),
});

const account = createRoute({
  getParentRoute: () => frame,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/account/AccountPage")),
});

const audit = createRoute({
  getParentRoute: () => frame,
  path: "/audit",
  validateSearch: parseAuditSearch,
  component: lazyRouteComponent(() => import("./pages/audit/AuditPage")),
});

const tree = root.addChildren([
  login,
  frame.addChildren([
    home,
    listRoute("experiments"),
    listRoute("notebooks"),
    listRoute("commands"),
    listRoute("tensorboards"),
    assetRoute("experiments"),
    assetRoute("notebooks"),
    assetRoute("commands"),
    assetRoute("tensorboards"),
    anyAsset,
    launch,
    cluster,
    users,
    account,
    audit,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingMs: 1000,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
