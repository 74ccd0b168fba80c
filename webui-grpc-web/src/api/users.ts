import type { MessageInitShape } from "@bufbuild/protobuf";
import { queryOptions } from "@tanstack/react-query";
import type { AgentUserSchema, User } from "../gen/pedl/v1/user_pb";
import { users } from "./clients";

const PAGE = 500;

/** More accounts than a page of the browser holds with ease. */
export const MAX_USERS = 5_000;

export interface UserList {
  users: User[];
  /** Whether there are more than this. */
  more: boolean;
}

/** All accounts by name, inactive ones too, up to [`MAX_USERS`]. */
export function userListQuery() {
  return queryOptions({
    queryKey: ["users", "list"],
    queryFn: async ({ signal }): Promise<UserList> => {
      const list: User[] = [];
      let pageToken = "";
      do {
        const page = await users.listUsers({ pageSize: PAGE, pageToken }, { signal });
        list.push(...page.users);
        pageToken = page.nextPageToken;
      } while (pageToken !== "" && list.length < MAX_USERS);
      return { users: list, more: pageToken !== "" };
    },
  });
}

/** What deactivating an account would end; it changes nothing. */
export function deactivationQuery(username: string) {
  return queryOptions({
    queryKey: ["users", "deactivation", username],
    queryFn: ({ signal }) => users.deactivateUser({ username, validateOnly: true }, { signal }),
    staleTime: 0,
    gcTime: 0,
  });
}

/** What of an account an administrator edits. */
export interface UserChanges {
  username?: string;
  displayName?: string;
  admin?: boolean;
}

const MASK: Record<keyof UserChanges, string> = { username: "username", displayName: "display_name", admin: "admin" };

export function updateUser(username: string, changes: UserChanges) {
  const fields = Object.keys(changes) as (keyof UserChanges)[];
  return users.updateUser({ username, user: changes, updateMask: { paths: fields.map((field) => MASK[field]) } });
}

export function createUser(user: { username: string; displayName: string; admin: boolean }) {
  return users.createUser(user);
}

export function linkAgentUser(username: string, agentUser: MessageInitShape<typeof AgentUserSchema>) {
  return users.linkAgentUser({ username, agentUser });
}

export function unlinkAgentUser(username: string) {
  return users.unlinkAgentUser({ username });
}

export function activateUser(username: string) {
  return users.activateUser({ username });
}

export function deactivateUser(username: string, killTasks: boolean) {
  return users.deactivateUser({ username, killTasks });
}

/** Sets somebody's password, or, with an empty username, one's own. */
export function changePassword(change: { username: string; currentPassword: string; newPassword: string }) {
  return users.changePassword(change);
}
