import { expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search";

it.each([
  [{}, ""],
  [{ owner: "ada", state: "queued,running" }, "?owner=ada&state=queued,running"],
  [{ next: "/commands?q=a%20b" }, "?next=/commands%3Fq%3Da%2520b"],
  [{ q: 'say "&=#' }, "?q=say+%22%26%3D%23"],
  [{ q: "", owner: undefined }, ""],
  [{ q: "42" }, "?q=42"],
])("%j ↔ %s", (search, text) => {
  expect(stringifySearch(search)).toBe(text);
  const kept = Object.fromEntries(Object.entries(search).filter(([, value]) => value));
  expect(parseSearch(text)).toEqual(kept);
});
