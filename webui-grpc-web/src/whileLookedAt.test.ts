import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { whileLookedAt } from "./whileLookedAt";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function look(state: DocumentVisibilityState): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("what a tab follows is given up in the background, and taken up again", () => {
  const said: string[] = [];
  const end = whileLookedAt(() => {
    said.push("start");
    return () => said.push("stop");
  });
  look("hidden");
  vi.advanceTimersByTime(4000);
  // Somebody only changed tabs for a moment.
  look("visible");
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(["start"]);
  look("hidden");
  vi.advanceTimersByTime(5000);
  expect(said).toEqual(["start", "stop"]);
  look("visible");
  expect(said).toEqual(["start", "stop", "start"]);
  end();
  look("hidden");
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(["start", "stop", "start", "stop"]);
});
