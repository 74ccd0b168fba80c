/** How many hues tokens.css has for people. */
export const hueCount = 10;

/** The hue of a person: a pure function of the username (FNV-1a, 32 bits), so that it is the same for everybody. */
export function hueOf(username: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(username.toLowerCase())) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % hueCount;
}

/** One or two capital letters for a person: of the name's first two parts, or its first two letters. */
export function monogramOf(username: string): string {
  const local = username.split("@")[0] || username;
  const parts = local.split(/[._-]+/).filter(Boolean);
  const [first = local, second] = parts;
  const letters = second ? `${first[0] ?? ""}${second[0] ?? ""}` : first.slice(0, 2);
  return letters.toUpperCase() || "?";
}
