import { expect, test } from "vitest";
import { deactivated, sessionsWords, workWords } from "./deactivation";

test("sessions", () => {
  expect([0, 1, 3].map(sessionsWords)).toEqual([
    "No session or access token is open. Nobody can sign in as this user.",
    "1 session or access token ends at once, and nobody can sign in as this user.",
    "3 sessions and access tokens end at once, and nobody can sign in as this user.",
  ]);
});

test("work", () => {
  expect([0, 1, 3].map((live) => workWords(live, false))).toEqual([
    "Nothing of this user runs.",
    "1 asset that runs goes on to its end.",
    "3 assets that run go on to their end.",
  ]);
  expect([0, 1, 3].map((live) => workWords(live, true))).toEqual([
    "Nothing of this user runs.",
    "1 asset that runs is killed.",
    "3 assets that run are killed.",
  ]);
});

test.each([
  [0, 0, "ada is inactive"],
  [1, 1, "ada is inactive, 1 session ended, 1 asset is being killed"],
  [2, 3, "ada is inactive, 2 sessions ended, 3 assets are being killed"],
])("%d sessions and %d assets", (endedSessions, killedAssets, words) => {
  expect(deactivated("ada", { endedSessions, killedAssets })).toBe(words);
});
