import { expect, it } from "vitest";
import { validateListSearch } from "./search";

it.each([
  [{}, {}],
  [
    { owner: "Ada", state: "RUNNING,nonsense,queued,running", q: " mnist ", sort: "oldest" },
    { owner: "ada", state: "running,queued", q: "mnist", sort: "oldest" },
  ],
  [{ owner: "<script>", state: "nonsense", q: "  ", sort: "random" }, {}],
  [{ owner: "all" }, { owner: "all" }],
])("%j → %j", (search, valid) => expect(validateListSearch(search)).toEqual(valid));
