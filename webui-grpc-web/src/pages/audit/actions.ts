/** What the master records, as people filter by it. The master's `audit.rs` has the words. */
const FAMILIES: readonly { prefix: string; label: string; actions: readonly (readonly [string, string])[] }[] = [
  {
    prefix: "session.",
    label: "Sessions",
    actions: [
      ["session.login", "Signed in"],
      ["session.logout", "Signed out"],
      ["session.revoke", "Revoked a session or token"],
    ],
  },
  { prefix: "token.", label: "Access tokens", actions: [["token.create", "Made an access token"]] },
  {
    prefix: "user.",
    label: "Users",
    actions: [
      ["user.create", "Created"],
      ["user.update", "Edited"],
      ["user.activate", "Activated"],
      ["user.deactivate", "Deactivated"],
      ["user.change-password", "Changed a password"],
      ["user.link", "Linked with an agent user"],
      ["user.unlink", "Unlinked"],
    ],
  },
  { prefix: "asset.", label: "Assets", actions: [["asset.kill", "Killed"]] },
  {
    prefix: "agent.",
    label: "Agents",
    actions: [
      ["agent.create-token", "Made a join token"],
      ["agent.join", "Joined"],
      ["agent.enable", "Enabled"],
      ["agent.disable", "Disabled or drained"],
    ],
  },
  { prefix: "audit.", label: "Audit log", actions: [["audit.list", "Read the audit log"]] },
];

export interface ActionGroup {
  group: string;
  items: { value: string; label: string }[];
}

/** For a select. An action that is not known here, from a newer master or a typed address, is offered as it is. */
export function actionOptions(chosen: string | undefined): ActionGroup[] {
  const groups = FAMILIES.map(({ prefix, label, actions }) => ({
    group: label,
    items: [
      ...(actions.length > 1 ? [{ value: prefix, label: `${label}: all` }] : []),
      ...actions.map(([value, words]) => ({ value, label: `${label}: ${lowerFirst(words)}` })),
    ],
  }));
  const known = groups.some(({ items }) => items.some(({ value }) => value === chosen));
  return chosen === undefined || known
    ? groups
    : [{ group: "Other", items: [{ value: chosen, label: chosen }] }, ...groups];
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
