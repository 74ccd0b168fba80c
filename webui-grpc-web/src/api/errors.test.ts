import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";
import { explain, isAway, metadataOf, reasonOf, retrySecondsOf, violationsOf } from "./errors";

const info = (reason: string, domain = "pedl") => ({
  desc: ErrorInfoSchema,
  value: create(ErrorInfoSchema, { reason, domain, metadata: { kind: "notebook" } }),
});

describe("reasonOf", () => {
  it("reads the master's reason", () =>
    expect(reasonOf(new ConnectError("x", Code.NotFound, undefined, [info("USER_NOT_FOUND")]))).toBe("USER_NOT_FOUND"));
  it("knows no other domain's", () =>
    expect(
      reasonOf(new ConnectError("x", Code.NotFound, undefined, [info("USER_NOT_FOUND", "else")])),
    ).toBeUndefined());
  it("knows no reason that the protos do not", () =>
    expect(reasonOf(new ConnectError("x", Code.NotFound, undefined, [info("toString")]))).toBeUndefined());
  it("reads metadata", () =>
    expect(metadataOf(new ConnectError("x", Code.NotFound, undefined, [info("ASSET_OF_OTHER_KIND")])).kind).toBe(
      "notebook",
    ));
});

it("violationsOf names each field", () => {
  const value = create(BadRequestSchema, {
    fieldViolations: [{ field: "agent_user.uid", description: "is too large" }],
  });
  const error = new ConnectError("x", Code.InvalidArgument, undefined, [{ desc: BadRequestSchema, value }]);
  expect(violationsOf(error)).toEqual(new Map([["agent_user.uid", "is too large"]]));
  expect(explain(error).detail).toBe("agent_user.uid: is too large");
});

it("retrySecondsOf rounds up", () => {
  const value = create(RetryInfoSchema, { retryDelay: { seconds: 6n, nanos: 1 } });
  expect(
    retrySecondsOf(new ConnectError("x", Code.ResourceExhausted, undefined, [{ desc: RetryInfoSchema, value }])),
  ).toBe(7);
});

describe("isAway", () => {
  it.each([
    [new ConnectError("x", Code.Unavailable), true],
    [new ConnectError("x", Code.Internal, undefined, undefined, new TypeError("Failed to fetch")), true],
    [new TypeError("Failed to fetch"), true],
    [new ConnectError("x", Code.Internal), false],
    [new ConnectError("x", Code.Unauthenticated), false],
    [new Error("x"), false],
  ])("%s", (error, away) => expect(isAway(error)).toBe(away));
});

describe("explain", () => {
  it("says nothing more of a failed login", () =>
    expect(explain(new ConnectError("x", Code.Unauthenticated, undefined, [info("LOGIN_FAILED")]))).toEqual({
      title: "No active account has this name and password",
    }));
  it("passes on what the master says", () =>
    expect(explain(new ConnectError("asset 42 is a notebook", Code.NotFound)).title).toBe("Asset 42 is a notebook"));
});
