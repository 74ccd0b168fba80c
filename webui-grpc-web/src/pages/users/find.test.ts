import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { UserSchema } from "../../gen/pedl/v1/user_pb";
import { find } from "./find";

const users = [
  create(UserSchema, { username: "ada", displayName: "Ada Lovelace", agentUser: { user: "lovelace-a" } }),
  create(UserSchema, { username: "bob" }),
  create(UserSchema, { username: "adam", displayName: "Adam Smith" }),
];

test.each([
  ["", ["ada", "bob", "adam"]],
  [" ", ["ada", "bob", "adam"]],
  ["ADA", ["ada", "adam"]],
  ["ada love", ["ada"]],
  ["lovelace-", ["ada"]],
  ["zoe", []],
])("%j", (text, found) => expect(find(users, text).map((user) => user.username)).toEqual(found));
