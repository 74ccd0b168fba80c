/** A new password, typed twice. */
export interface NewPassword {
  password: string;
  again: string;
}

/** Why the two do not do; undefined: they do. Whether the password is good enough, the master's policy decides. */
export function mismatch({ password, again }: NewPassword): string | undefined {
  if (password === again) return undefined;
  return again === "" ? "Type it here a second time." : "These are not the same.";
}

/** `12 other sessions and access tokens ended`: what changing it did. */
export function endedWords(ended: number): string {
  if (ended === 0) return "No other session was open.";
  return ended === 1 ? "1 other session or access token ended." : `${ended} other sessions and access tokens ended.`;
}
