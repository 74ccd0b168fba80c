import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { listAssets } from "../api/assets";
import { userListQuery } from "../api/users";
import { kindOf } from "../assets/kinds";
import { stateOf } from "../assets/states";
import { notify } from "../components/notify";
import { AssetOrder } from "../gen/pedl/v1/asset_pb";
import { defaultAccount, signOut, useSession } from "../session/session";
import { schemeLabels, schemes, useScheme } from "../theme/scheme";
import { placesFor } from "./navigation";
import { overlay } from "./open";
import { type Item, matching, numberIn } from "./paletteItems";

/** How many of the assets that were found are offered. */
const found = 8;

/** What the palette offers for what was typed. */
export function usePaletteItems(typed: string): Item[] {
  const { user } = useSession();
  const navigate = useNavigate();
  const [, setScheme] = useScheme();
  const [text] = useDebouncedValue(typed.trim().slice(0, 256), 150);
  const people = useQuery(userListQuery()).data?.users ?? [];
  const search = useQuery({
    queryKey: ["assets", "palette", text],
    queryFn: ({ signal }) => listAssets({ allOwners: true, text }, AssetOrder.UNSPECIFIED, "", signal, found),
    enabled: text.length >= 2,
    placeholderData: keepPreviousData,
  });

  const id = numberIn(typed);
  const byNumber: Item[] = id
    ? [
        {
          id: "number",
          group: "Open",
          label: `Number ${id}`,
          icon: "right",
          run: () => navigate({ to: "/assets/$id", params: { id } }),
        },
      ]
    : [];

  const places: Item[] = placesFor(user.admin).map(({ to, label, icon, key }) => ({
    id: `place ${to}`,
    group: "Go to",
    label,
    hint: `g ${key}`,
    icon,
    run: () => navigate({ to }),
  }));

  const actions: Item[] = [
    {
      id: "launch",
      group: "Do",
      label: "Launch a command",
      icon: "plus",
      run: () => navigate({ to: "/commands/new" }),
    },
    ...schemes.map(
      (scheme): Item => ({
        id: `theme ${scheme}`,
        group: "Do",
        label: `Theme: ${schemeLabels[scheme].toLowerCase()}`,
        icon: scheme === "dark" ? "moon" : scheme === "light" ? "sun" : "system",
        run: () => setScheme(scheme),
      }),
    ),
    {
      id: "shortcuts",
      group: "Do",
      label: "Keyboard shortcuts",
      hint: "?",
      icon: "key",
      run: () => overlay.set("shortcuts"),
    },
    ...(user.username === defaultAccount
      ? [
          {
            id: "signin",
            group: "Do",
            label: "Sign in",
            icon: "signIn",
            run: () => navigate({ to: "/login" }),
          } as const,
        ]
      : []),
    { id: "signout", group: "Do", label: "Sign out", icon: "signOut", run: () => signOut().catch(notify.failure) },
  ];

  const work: Item[] = people.map(({ username, displayName }) => ({
    id: `user ${username}`,
    group: "Whose",
    label: `Commands of ${username}`,
    ...(displayName ? { hint: displayName } : {}),
    icon: "commands",
    owner: username,
    run: () => navigate({ to: "/commands", search: { owner: username } }),
  }));

  const assets: Item[] = (text.length >= 2 && typed.trim() ? (search.data?.assets ?? []) : []).flatMap((asset) => {
    const kind = kindOf(asset.kind);
    if (!kind) return [];
    return {
      id: `asset ${asset.id}`,
      group: "Found",
      label: asset.description,
      hint: `${asset.id} · ${stateOf(asset.state).label.toLowerCase()}`,
      icon: kind.path,
      owner: asset.owner,
      run: () => navigate({ to: `/${kind.path}/$id`, params: { id: String(asset.id) } }),
    };
  });

  if (!typed.trim()) return [...places, ...actions.filter(({ id: action }) => !action.startsWith("theme"))];
  return [
    ...byNumber,
    ...matching(places, typed, 5),
    ...matching(actions, typed, 5),
    ...matching(work, typed, 5),
    ...assets,
  ];
}
