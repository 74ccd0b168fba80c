import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AuditEventSchema } from "../../gen/pedl/v1/cluster_pb";
import { actorOf, targetOf } from "./event";

test.each([
  ["ada", { kind: "user", username: "ada" }],
  ["agent gpu1", { kind: "text", text: "agent gpu1" }],
  ["<b>who", { kind: "text", text: "<b>who" }],
  ["", { kind: "text", text: "" }],
])("%j did it", (actor, subject) => expect(actorOf(create(AuditEventSchema, { actor }))).toEqual(subject));

test.each([
  ["asset.kill", "42", { kind: "asset", id: "42" }],
  ["asset.kill", "42; x", { kind: "text", text: "42; x" }],
  ["user.create", "ada", { kind: "user", username: "ada" }],
  ["session.login", "ada", { kind: "user", username: "ada" }],
  ["session.revoke", "17", { kind: "text", text: "17" }],
  ["agent.disable", "gpu1", { kind: "text", text: "gpu1" }],
  ["audit.list", "", { kind: "text", text: "" }],
])("%s of %j", (action, target, subject) => {
  expect(targetOf(create(AuditEventSchema, { action, target }))).toEqual(subject);
});
