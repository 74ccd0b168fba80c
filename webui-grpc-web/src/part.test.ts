import { expect, test } from "vitest";
import { mayReload } from "./part";

test.each([
  [null, 1_700_000_000_000, true],
  ["1700000000000", 1_700_000_009_000, false],
  ["1700000000000", 1_700_000_011_000, true],
  ["no number", 1_700_000_000_000, false],
])("last %s, now %d: %s", (last, now, may) => expect(mayReload(last, now)).toBe(may));
