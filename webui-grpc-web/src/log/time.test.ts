import { expect, test } from "vitest";
import { clockTime, exactTime } from "./time";

const at = new Date(2026, 0, 2, 3, 4, 5, 6);

test("a line's time is that of the reader's clock", () => {
  expect(clockTime(at.getTime())).toBe("03:04:05.006");
});

test("the exact one has the date, here and in UTC", () => {
  const utc = at.toISOString().replace("T", " ").slice(0, -1);
  expect(exactTime(at.getTime())).toBe(`2026-01-02 03:04:05.006 here\n${utc} UTC`);
});
