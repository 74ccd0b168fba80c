import { expect, test } from "vitest";
import { choicesAt } from "./complete";

/** The labels at the `|` of a text. */
function labels(text: string): string[] | undefined {
  const at = text.indexOf("|");
  const choices = choicesAt(text.replace("|", ""), at, ["default", "big"]);
  return choices?.choices.map(({ label }) => label);
}

test.each<[string, string[] | undefined]>([
  [
    "image: a\nslots: 1\ndescription: d\nresource_pool: p\nwork_dir: w\nenvironment_variables:\nmemory: 1\ncpus: 1\n|",
    ["bind_mounts", "shm_size", "max_run_time", "add_capabilities", "read_only_root"],
  ],
  ["bind_mounts:\n- |", ["host_path", "container_path", "read_only", "propagation"]],
  ["bind_mounts:\n  - host_path: /a\n    con|", ["container_path", "read_only", "propagation"]],
  ["bind_mounts:\n- host_path: /a\n  read_only: |", ["true", "false"]],
  ["bind_mounts:\n- host_path: /a\n- host_path: /b\n  propagation: r|", ["rprivate", "rslave"]],
  ["resource_pool: |", ["default", "big"]],
  ["image: |", undefined],
  ["environment_variables:\n  A|", undefined],
  ["# a |", undefined],
])("%j", (text, want) => expect(labels(text)).toEqual(want));

test("what is being written is replaced", () => {
  expect(choicesAt("slots: 1\nima", 12, [])).toMatchObject({
    from: 9,
    choices: expect.arrayContaining([{ label: "image", detail: expect.any(String), insert: "image: " }]),
  });
});
