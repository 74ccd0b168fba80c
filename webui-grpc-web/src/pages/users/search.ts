/** What the address bar holds of the list of users. */
export interface UsersSearch {
  /** Words to find accounts by. */
  q?: string;
  /** Whose account is open. */
  user?: string;
}

/** Takes what is usable of an address that anybody may have typed. */
export function parseUsersSearch(search: Record<string, unknown>): UsersSearch {
  const text = (key: string) => {
    const value = search[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const [q, user] = [text("q"), text("user").trim().toLowerCase()];
  return { ...(q.trim() === "" ? {} : { q }), ...(user === "" ? {} : { user }) };
}
