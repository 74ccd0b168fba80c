import { expect, test } from "vitest";
import { actionOptions } from "./actions";

const values = (chosen?: string) => actionOptions(chosen).flatMap(({ items }) => items.map(({ value }) => value));

test("families stand before what is in them, where there is more than one", () => {
  expect(values().slice(0, 5)).toEqual([
    "session.",
    "session.login",
    "session.logout",
    "session.revoke",
    "token.create",
  ]);
});

test("no word is offered twice", () => expect(new Set(values()).size).toBe(values().length));

test("an unknown action stays chosen", () => {
  expect(values("user.")).toEqual(values());
  expect(values("pool.rename")).toEqual(["pool.rename", ...values()]);
});
