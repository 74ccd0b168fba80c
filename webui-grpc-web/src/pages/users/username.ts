const ALLOWED = /^[A-Za-z0-9._@-]{1,64}$/;
const MAX_DISPLAY_NAME = 128;

/** Accounts that keep their names. */
const FIXED = new Set(["admin", "pedl"]);

/** As the master stores it. */
export function foldUsername(text: string): string {
  return text.trim().toLowerCase();
}

/** What the master would refuse; undefined: nothing. */
export function usernameProblem(text: string): string | undefined {
  return ALLOWED.test(text.trim()) ? undefined : "1 to 64 of the characters a-z 0-9 . _ @ -";
}

export function displayNameProblem(text: string): string | undefined {
  const oneLine = !/\p{Cc}/u.test(text);
  return oneLine && [...text].length <= MAX_DISPLAY_NAME
    ? undefined
    : `One line of at most ${MAX_DISPLAY_NAME} characters`;
}

export function keepsItsName(username: string): boolean {
  return FIXED.has(username);
}
