import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { AgentUserSchema } from "../../gen/pedl/v1/user_pb";
import { draftOf, linkOf, linkProblems, parseGroups, parseUmask, parseUnixId, runsAs, runsAsMore } from "./agentUser";

const good = { uid: "1234", user: "ada", gid: "2000", group: "ml", supplementaryGids: "", umask: "" };

describe("parseUnixId", () => {
  test.each([
    ["0", 0],
    [" 1234 ", 1234],
    ["2147483647", 2147483647],
    ["2147483648", null],
    ["-1", null],
    ["+1", null],
    ["1e3", null],
    ["0x10", null],
    ["1.0", null],
    ["", null],
    ["99999999999", null],
  ])("%j → %j", (text, id) => expect(parseUnixId(text)).toBe(id));
});

describe("parseUmask", () => {
  test.each([
    ["0027", 0o27],
    ["27", 0o27],
    ["0", 0],
    ["0777", 0o777],
    ["1000", null],
    ["0o27", null],
    ["028", null],
    ["", null],
    ["00027", null],
    ["+27", null],
  ])("%j → %j", (text, bits) => expect(parseUmask(text)).toBe(bits));
});

describe("parseGroups", () => {
  test.each([
    ["", []],
    ["  ", []],
    ["2001", [2001]],
    ["2002, 2001", [2002, 2001]],
    ["2002 2001,\n7", [2002, 2001, 7]],
    ["7, 8, 7", "7 is there twice."],
    ["1, -1", "“-1” is not a group id: each is 0 to 2147483647."],
    ["docker", "“docker” is not a group id: each is 0 to 2147483647."],
  ])("%j → %j", (text, groups) => expect(parseGroups(text)).toEqual(groups));

  test("as many as a link holds", () => {
    const ids = (count: number) => Array.from({ length: count }, (_, id) => id).join(" ");
    expect(parseGroups(ids(64))).toHaveLength(64);
    expect(parseGroups(ids(65))).toBe("At most 64 groups; these are 65.");
  });
});

describe("linkProblems", () => {
  test.each([
    [{}, []],
    [{ user: "x$" }, []],
    [{ user: "_apt" }, []],
    [{ user: "1ada" }, ["user"]],
    [{ user: "-ada" }, ["user"]],
    [{ user: "a:b" }, ["user"]],
    [{ user: "$" }, ["user"]],
    [{ user: "x".repeat(33) }, ["user"]],
    [{ group: "" }, ["group"]],
    [{ uid: "", gid: "-1" }, ["uid", "gid"]],
    [{ supplementaryGids: "a", umask: "999" }, ["supplementaryGids", "umask"]],
  ])("%j", (change, fields) => expect(Object.keys(linkProblems({ ...good, ...change }))).toEqual(fields));
});

test("a link is what was typed, and back", () => {
  const draft = { ...good, supplementaryGids: "2001, 2002", umask: "0027" };
  const link = create(AgentUserSchema, linkOf(draft));
  expect(draftOf(link)).toEqual(draft);
  expect(runsAs(link)).toBe("ada (1234) : ml (2000)");
  expect(runsAsMore(link)).toBe("groups 2001, 2002 · umask 0027");

  const plain = create(AgentUserSchema, linkOf(good));
  expect(plain.umask).toBeUndefined();
  expect(draftOf(plain)).toEqual(good);
  expect(runsAsMore(plain)).toBeNull();
});
