import { describe, expect, test } from "vitest";
import { parseConfig } from "./commandConfig";
import * as edit from "./edit";

const file = `\
# Nightly.

# Why this one: it has the driver.
image: python:3.12 # or 3.13
"slots": 2

environment_variables:
  # of the team
  HF_TOKEN: 'hf_secret' # rotate in May
  DEBUG: "1"
bind_mount:
- host_path: /data
  container_path: data
  propagation: rslave
add_capabilities: [SYS_PTRACE] # for py-spy
`;

test("a form sees what is written", () => {
  expect(edit.formView(file)).toEqual({
    scalars: { image: "python:3.12", slots: "2" },
    variables: [
      { name: "HF_TOKEN", value: "hf_secret" },
      { name: "DEBUG", value: "1" },
    ],
    bindMounts: [{ hostPath: "/data", containerPath: "data", readOnly: false }],
    others: ["add_capabilities"],
  });
  expect(edit.formView("slots: many\nmemory: [1]\nimage: ~\n")?.scalars).toEqual({ slots: "many", image: "" });
  expect(edit.formView("")).toEqual({ scalars: {}, variables: [], bindMounts: [], others: [] });
  expect(edit.formView("# only\n")).toEqual({ scalars: {}, variables: [], bindMounts: [], others: [] });
  expect(edit.formView("environment_variables: [A=1, B]")?.variables).toEqual([
    { name: "A", value: "1" },
    { name: "B", value: "" },
  ]);
  expect(edit.formView("environment_variables: A\nbind_mounts: [/a:/b]\n")).toMatchObject({
    variables: undefined,
    bindMounts: undefined,
  });
  for (const broken of ["image: [", "- a", "a: b: c", "image: a\n---\nimage: b"]) {
    expect(edit.formView(broken), broken).toBeUndefined();
  }
});

/** The lines that an edit took away and put in. */
function diff(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe("an edit changes its own line only", () => {
  test.each<[string, string, string[]]>([
    ["a value", edit.setScalar(file, "image", "a:1"), ["-image: python:3.12 # or 3.13", "+image: a:1 # or 3.13"]],
    ["a number", edit.setScalar(file, "slots", "4"), ['-"slots": 2', '+"slots": 4']],
    [
      "a value that goes, with a comment",
      edit.setScalar(file, "image", ""),
      ["-image: python:3.12 # or 3.13", "+image: # or 3.13"],
    ],
    ["a value that goes", edit.setScalar(file, "slots", ""), ['-"slots": 2']],
    ["a key that comes", edit.setScalar(file, "work_dir", "/w"), ["+work_dir: /w"]],
    ["text that looks like a number", edit.setScalar(file, "description", "1.10"), ["+description: '1.10'"]],
    ["text that needs quotes", edit.setScalar(file, "description", "a: b #c"), ["+description: 'a: b #c'"]],
    ["a switch", edit.setScalar(file, "read_only_root", "true"), ["+read_only_root: true"]],
    [
      "a variable's value",
      edit.setVariable(file, 0, { value: "x" }),
      ["-  HF_TOKEN: 'hf_secret' # rotate in May", "+  HF_TOKEN: 'x' # rotate in May"],
    ],
    ["a variable's name", edit.setVariable(file, 1, { name: "LEVEL" }), ['-  DEBUG: "1"', '+  LEVEL: "1"']],
    ["a new variable", edit.addVariable(file), ["+  '': ''"]],
    ["a variable that goes", edit.removeVariable(file, 1), ['-  DEBUG: "1"']],
    ["a mount's path", edit.setMount(file, 0, { hostPath: "/d" }), ["-- host_path: /data", "+- host_path: /d"]],
    ["a mount's mode", edit.setMount(file, 0, { readOnly: true }), ["+  read_only: true"]],
    ["a new mount", edit.addMount(file), ["+- host_path: ''", "+  container_path: ''", "+  read_only: false"]],
  ])("%s", (_, after, want) => expect(diff(file, after)).toEqual(want));

  test("a mount that goes takes its list along", () => {
    expect(diff(file, edit.removeMount(file, 0))).toEqual([
      "-bind_mount:",
      "-- host_path: /data",
      "-  container_path: data",
      "-  propagation: rslave",
    ]);
  });
});

test("new keys stand where the CLI prints them", () => {
  let text = "";
  text = edit.setScalar(text, "memory", "8GiB");
  text = edit.setScalar(text, "image", "a");
  text = edit.addMount(text);
  text = edit.setMount(text, 0, { hostPath: "/a", containerPath: "/b" });
  text = edit.setScalar(text, "description", "d");
  text = edit.addVariable(text);
  text = edit.setVariable(text, 0, { name: "A" });
  text = edit.setVariable(text, 0, { value: "1" });
  expect(text).toBe(`\
description: d
image: a
environment_variables:
  A: '1'
bind_mounts:
- host_path: /a
  container_path: /b
  read_only: false
memory: 8GiB
`);
});

test("comments outlive the last key", () => {
  expect(edit.setScalar("# why\n\nslots: 1\n", "slots", "")).toBe("# why\n");
  expect(edit.setScalar("# why\n", "slots", "1")).toBe("# why\n\nslots: 1\n");
});

test("the layout stays", () => {
  const text = "bind_mounts:\n  - { host_path: /a, container_path: /b }\nslots: 1\n";
  expect(edit.setScalar(text, "slots", "2")).toBe(text.replace("slots: 1", "slots: 2"));
  expect(edit.setScalar("{slots: 1}\n", "slots", "2")).toBe("{slots: 2}\n");
});

test("a list of variables stays one", () => {
  const text = edit.setVariable(edit.addVariable("environment_variables: [A=1]\n"), 1, { name: "B" });
  expect(edit.setVariable(text, 1, { value: "x=y" })).toBe("environment_variables: [A=1, B=x=y]\n");
});

test("no value of a variable is left without secrets", () => {
  expect(edit.withoutSecrets(file)).not.toMatch(/secret|rotate|"1"/);
  expect(parseConfig(edit.withoutSecrets(file) ?? "").config).toEqual({
    ...parseConfig(file).config,
    environmentVariables: new Map([
      ["HF_TOKEN", ""],
      ["DEBUG", ""],
    ]),
  });
  expect(edit.withoutSecrets("slots: 1 # a\n")).toBe("slots: 1 # a\n");
  for (const unclear of [
    "environment_variables: {A: secret",
    "environment_variables: secret",
    "environment_variables: {A: &x secret}\nimage: *x\n",
  ]) {
    expect(edit.withoutSecrets(unclear), unclear).toBeUndefined();
  }
});
