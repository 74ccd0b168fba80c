const MAX_NAME = 64;

/** What the master would refuse of an access token's name; undefined: nothing. */
export function tokenNameProblem(name: string): string | undefined {
  const oneLine = !/\p{Cc}/u.test(name);
  return oneLine && [...name.trim()].length <= MAX_NAME ? undefined : `One line of at most ${MAX_NAME} characters.`;
}
