import { expect, test } from "vitest";
import { parseUsersSearch } from "./search";

test.each([
  [{}, {}],
  [
    { q: "ada ", user: "Ada" },
    { q: "ada ", user: "ada" },
  ],
  [{ q: 42 }, { q: "42" }],
  [{ q: " ", user: [] }, {}],
  [{ q: { a: 1 }, strange: "x" }, {}],
])("%j → %j", (search, parsed) => expect(parseUsersSearch(search)).toEqual(parsed));
