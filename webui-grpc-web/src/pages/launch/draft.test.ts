import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, test } from "vitest";
import { AssetSchema } from "../../gen/pedl/v1/asset_pb";
import { type Draft, draftOf, dropDraft, EMPTY, findDraft, keepDraft, withheldStill } from "./draft";

beforeEach(() => sessionStorage.clear());

const draft: Draft = {
  program: { inShell: true, text: "python train.py\n" },
  text: "image: a # why\nenvironment_variables: {TOKEN: secret, OTHER: '', EMPTY: ''}\n",
  withheld: ["OTHER"],
};

test("a draft is kept for its account and its beginning, without secrets", () => {
  keepDraft("ada", "42", draft);
  expect(JSON.stringify({ ...sessionStorage })).not.toContain("secret");
  const found = findDraft("ada", "42");
  expect(found?.program).toEqual(draft.program);
  expect(found?.text).toContain("image: a # why");
  expect(found && withheldStill(found)).toEqual(["TOKEN", "OTHER"]);
  expect(findDraft("ada", undefined)).toBeUndefined();
  expect(findDraft("bob", "42")).toBeUndefined();
  dropDraft("ada");
  expect(findDraft("ada", "42")).toBeUndefined();
});

test("what cannot be told apart from a secret is not kept", () => {
  keepDraft("ada", undefined, { ...EMPTY, text: "image: a\n" });
  keepDraft("ada", undefined, { ...EMPTY, text: "image: a\nenvironment_variables: {TOKEN: secret" });
  expect(findDraft("ada", undefined)?.text).toBe("image: a\n");
});

test.each(["nonsense", "1", "{}", '{"program":{"text":1,"inShell":true},"text":"","withheld":[]}'])(
  "%j is no draft",
  (kept) => {
    sessionStorage.setItem("pedl-launch:ada", kept);
    expect(findDraft("ada", undefined)).toBeUndefined();
  },
);

test("a variable that was filled in, renamed or taken away is withheld no longer", () => {
  expect(withheldStill({ ...draft, text: "environment_variables: {OTHER: x}" })).toEqual([]);
  expect(withheldStill({ ...draft, text: "" })).toEqual([]);
});

test("one begins with what made another asset", () => {
  const asset = (environmentVariables: Record<string, string>, redacted: boolean) =>
    create(AssetSchema, {
      redacted,
      spec: { case: "command", value: { argv: ["a", "b c"], container: { environmentVariables } } },
    });
  const defaults = asset({ NCCL_DEBUG: "INFO" }, false);
  expect(draftOf(undefined, undefined)).toBe(EMPTY);
  expect(draftOf(asset({ TOKEN: "x", NCCL_DEBUG: "INFO" }, false), defaults)).toEqual({
    program: { inShell: false, text: "a 'b c'" },
    text: "environment_variables:\n  NCCL_DEBUG: INFO\n  TOKEN: x\n",
    withheld: [],
  });
  const redacted = asset({ TOKEN: "", NCCL_DEBUG: "" }, true);
  expect(draftOf(redacted, defaults)).toMatchObject({
    text: "environment_variables:\n  TOKEN: ''\n",
    withheld: ["TOKEN"],
  });
  expect(withheldStill(draftOf(redacted, undefined))).toEqual(["NCCL_DEBUG", "TOKEN"]);
});
