import type { User } from "../../gen/pedl/v1/user_pb";

/** Those that have every word of `text` in a name, in any letter case. */
export function find(users: readonly User[], text: string): readonly User[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return users;
  return users.filter((user) => {
    const names = [user.username, user.displayName, user.agentUser?.user ?? ""].join("\n").toLowerCase();
    return words.every((word) => names.includes(word));
  });
}
