import { kinds } from "../assets/kinds";
import type { IconName } from "../components/Icon";

export interface Place {
  to: "/experiments" | "/notebooks" | "/commands" | "/tensorboards" | "/cluster" | "/users" | "/audit" | "/account";
  label: string;
  icon: IconName;
  /** The key after `g` that goes there. */
  key: string;
  adminOnly?: boolean;
}

export const assetPlaces: readonly Place[] = kinds.map(({ path, label, key }) => ({
  to: `/${path}`,
  label,
  icon: path,
  key,
}));

export const clusterPlaces: readonly Place[] = [
  { to: "/cluster", label: "Cluster", icon: "cluster", key: "l" },
  { to: "/users", label: "Users", icon: "users", key: "u", adminOnly: true },
  { to: "/audit", label: "Audit", icon: "audit", key: "a", adminOnly: true },
];

export const ownPlace: Place = { to: "/account", label: "Account", icon: "user", key: "m" };

/** Where this person may go. */
export function placesFor(admin: boolean): Place[] {
  return [...assetPlaces, ...clusterPlaces.filter((place) => admin || !place.adminOnly), ownPlace];
}
