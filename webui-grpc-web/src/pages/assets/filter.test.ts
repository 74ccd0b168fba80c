import { describe, expect, it } from "vitest";
import { kindAtPath } from "../../assets/kinds";
import { AssetKind, AssetState } from "../../gen/pedl/v1/asset_pb";
import { filterOf, isMine, sharedSearch, sortedBy, sortFor, switchState } from "./filter";
import type { Sort } from "./search";

const commands = kindAtPath("commands");
if (!commands) throw new Error("no commands");

it.each([
  [{}, { allOwners: false, owner: "", states: [], text: "" }],
  [{ owner: "all" }, { allOwners: true, owner: "", states: [], text: "" }],
  [
    { owner: "ada", q: "mnist" },
    { allOwners: false, owner: "ada", states: [], text: "mnist" },
  ],
  [{ state: "queued,lost" }, { allOwners: false, owner: "", states: [AssetState.QUEUED, AssetState.LOST], text: "" }],
])("filterOf %j", (search, filter) =>
  expect(filterOf(commands, search)).toEqual({ kind: AssetKind.COMMAND, ...filter }),
);

it("isMine", () => {
  expect(isMine({}, "ada")).toBe(true);
  expect(isMine({ owner: "ada" }, "ada")).toBe(true);
  expect(isMine({ owner: "bob" }, "ada")).toBe(false);
  expect(isMine({ owner: "all" }, "ada")).toBe(false);
});

it("a shared link says whose", () => {
  expect(sharedSearch({ q: "x" }, "ada")).toEqual({ q: "x", owner: "ada" });
  expect(sharedSearch({ owner: "all" }, "ada")).toEqual({ owner: "all" });
});

it("switchState", () => {
  expect(switchState(undefined, "queued")).toBe("queued");
  expect(switchState("queued", "running")).toBe("queued,running");
  expect(switchState("queued,running", "queued")).toBe("running");
  expect(switchState("queued", "queued")).toBeUndefined();
});

describe("clicks on headers", () => {
  const click = (id: string, sort: Sort | undefined) => {
    const by = sortedBy(sort);
    return sortFor({ id, descending: by.id === id ? !by.descending : false }, sort);
  };
  it.each<[Sort | undefined, string, Sort | undefined]>([
    [undefined, "id", "oldest"],
    ["oldest", "id", undefined],
    [undefined, "description", "description"],
    ["description", "description", "-description"],
    ["-description", "description", "description"],
    [undefined, "ended", "-ended"],
    ["-ended", "ended", "ended"],
    ["ended", "ended", "-ended"],
    ["ended", "id", undefined],
  ])("%s, then %s: %s", (sort, id, next) => expect(click(id, sort)).toBe(next));
});
