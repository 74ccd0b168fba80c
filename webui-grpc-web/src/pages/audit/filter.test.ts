import { timestampMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import {
  auditCommand,
  auditFilter,
  fromLocalInput,
  isQuick,
  localInput,
  parseAuditSearch,
  parseTime,
  shellWord,
} from "./filter";

const NOW = Date.parse("2026-11-27T12:00:00Z");

describe("parseAuditSearch", () => {
  test.each([
    [{}, {}],
    [
      { who: "ada", action: "user.", since: "7d" },
      { who: "ada", action: "user.", since: "7d" },
    ],
    [{ who: 42 }, { who: "42" }],
    [{ who: " " }, {}],
    [{ who: ["ada"], action: null, since: {} }, {}],
    [{ since: "yesterday", until: "soon" }, {}],
    [{ until: "7d" }, {}],
    [{ since: "2026-11-22T18:00:00Z" }, { since: "2026-11-22T18:00:00Z" }],
    [{ until: "2026-11-22T18:00:00+01:00" }, { until: "2026-11-22T18:00:00+01:00" }],
    [{ strange: "x" }, {}],
  ])("%j → %j", (search, parsed) => expect(parseAuditSearch(search)).toEqual(parsed));
});

describe("parseTime", () => {
  test.each(["2026-11-22", "2026-13-22T18:00:00Z", "22 Nov 2026", "2026-11-22T18:00:00", ""])("refuses %j", (text) => {
    expect(parseTime(text)).toBeNull();
  });
});

describe("auditFilter", () => {
  const times = (search: Parameters<typeof auditFilter>[0]) => {
    const { since, until } = auditFilter(search, NOW);
    return [since, until].map((time) => (time === undefined ? null : new Date(timestampMs(time)).toISOString()));
  };
  test.each([
    [{}, [null, null]],
    [{ since: "1d" }, ["2026-11-26T12:00:00.000Z", null]],
    [{ since: "90m" }, ["2026-11-27T10:30:00.000Z", null]],
    [{ since: "999999d" }, ["0001-01-01T00:00:00.000Z", null]],
    [
      { since: "2026-11-22T18:00:00Z", until: "2026-11-23T18:00:00+01:00" },
      ["2026-11-22T18:00:00.000Z", "2026-11-23T17:00:00.000Z"],
    ],
  ])("%j", (search, expected) => expect(times(search)).toEqual(expected));

  test("names", () => {
    expect(auditFilter({ who: "ada", action: "user." }, NOW)).toEqual({ username: "ada", action: "user." });
  });
});

describe("auditCommand", () => {
  test.each([
    [{}, "pedl master audit"],
    [{ who: "ada", action: "user.", since: "1d" }, "pedl master audit --account ada --action user. --since 1d"],
    [{ until: "2026-11-22T18:00:00Z" }, "pedl master audit --until 2026-11-22T18:00:00Z"],
    [{ since: "7 days" }, "pedl master audit --since '7 days'"],
    [{ action: "$(reboot)" }, "pedl master audit --action '$(reboot)'"],
  ])("%j", (search, line) => expect(auditCommand(search)).toBe(line));
});

test.each([
  ["ada@x.org", "ada@x.org"],
  ["it's", "'it'\\''s'"],
  ["-rf", "'-rf'"],
  ["", "''"],
  ["a;b", "'a;b'"],
])("a shell reads %j as %s", (text, word) => expect(shellWord(text)).toBe(word));

test.each([
  [{}, true],
  [{ since: "1d" }, true],
  [{ since: "3d" }, false],
  [{ since: "1d", until: "2026-11-22T18:00:00Z" }, false],
])("%j is quick: %j", (search, quick) => expect(isQuick(search)).toBe(quick));

test("local inputs go there and back", () => {
  const written = localInput("2026-11-22T18:00:00Z", NOW);
  expect(written).toMatch(/^2026-11-2\dT\d\d:\d\d$/);
  expect(fromLocalInput(written)).toBe("2026-11-22T18:00:00Z");
  expect(localInput("1d", NOW)).toBe(localInput("2026-11-26T12:00:00Z", NOW));
  expect([localInput(undefined, NOW), fromLocalInput(""), fromLocalInput("x")]).toEqual(["", undefined, undefined]);
});
