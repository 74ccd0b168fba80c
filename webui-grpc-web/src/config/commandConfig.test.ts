import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Asset, AssetSchema, MountPropagation } from "../gen/pedl/v1/asset_pb";
import { configFrom, configOf, parseConfig, requestOf, toYaml } from "./commandConfig";
import { argvOf } from "./words";

interface Case {
  name: string;
  text: string;
  spec?: unknown;
  printed?: string;
  error?: string;
}

// The CLI reads the same cases.
const cases = parse(readFileSync(resolve(__dirname, "../../../cli/tests/config/cases.yaml"), "utf8")) as Case[];

/** What becomes of a configuration, without what is empty. */
function told(text: string): unknown {
  const { config, problems } = parseConfig(text);
  if (config === undefined) {
    return problems;
  }
  const { description, resourcePool, spec } = requestOf(config, ["true"]);
  const maxRunTime = spec.value?.maxRunTime;
  const container = spec.value?.container;
  if (container === undefined) {
    return undefined;
  }
  return withoutEmpty({
    description,
    resource_pool: resourcePool,
    max_run_time: maxRunTime && { seconds: Number(maxRunTime.seconds), nanos: maxRunTime.nanos },
    container: withoutEmpty({
      image: container.image,
      environment_variables: container.environmentVariables,
      bind_mounts: container.bindMounts.map((mount) => ({
        host_path: mount.hostPath,
        container_path: mount.containerPath,
        read_only: mount.readOnly,
        propagation: mount.propagation === MountPropagation.RSLAVE ? "rslave" : "rprivate",
      })),
      work_dir: container.workDir,
      slots: container.slots,
      shm_size: container.shmSize === 0n ? "" : `${container.shmSize}`,
      memory: container.memory === 0n ? "" : `${container.memory}`,
      cpus: container.cpus === 0 ? "" : container.cpus,
      add_capabilities: container.addCapabilities,
      read_only_root: container.readOnlyRoot,
    }),
  });
}

function withoutEmpty(object: Record<string, unknown>): Record<string, unknown> {
  const full = Object.entries(object).filter(
    ([, value]) =>
      value !== undefined && value !== "" && JSON.stringify(value) !== "[]" && JSON.stringify(value) !== "{}",
  );
  return Object.fromEntries(full);
}

function assetOf(text: string): Asset {
  const { config } = parseConfig(text);
  const { description, resourcePool, spec } = requestOf(config ?? { environmentVariables: new Map() }, ["true"]);
  return create(AssetSchema, { description, resourcePool, spec: { case: "command", value: spec.value ?? {} } });
}

describe("the cases that the CLI reads too", () => {
  test.each(cases)("$name", ({ text, spec, printed, error }) => {
    if (error === undefined) {
      expect(told(text)).toEqual(spec);
      expect(told(configOf(assetOf(text)))).toEqual(spec);
    } else {
      const problem = parseConfig(text).problems?.[0];
      expect(
        `${problem?.field ? `${problem.field}: ` : ""}${problem?.message}`.startsWith(error),
        problem?.message,
      ).toBe(true);
      expect(problem).toBeDefined();
    }
    if (printed !== undefined) {
      expect(configOf(assetOf(text))).toBe(printed);
    }
  });
});

describe("problems", () => {
  test.each([
    ["image: a\nslots: many\nmemory: lots\n", [2, "many"], [3, "lots"]],
    ["image: a\nimge: b\n", [2, "imge"]],
    ["bind_mounts:\n- host_path: /a\n  container: /b\n", [3, "container"], [2, "host_path: /a\n  container: /b"]],
    ["environment_variables: {A: 1, A: 2}\n", [1, "A"]],
    ["bind_mounts:\n- {host_path: /a, container_path: /b, read_only: yes}\n", [2, "yes"]],
  ] as const)("stand where they are: %j", (text, ...want) => {
    const problems = parseConfig(text).problems ?? [];
    expect(problems.map(({ line, from, to }) => [line, text.slice(from, to).trimEnd()])).toEqual(want);
  });

  test("a key that is nearly right is suggested", () => {
    const messages = ["imge: a", "work_directory: a", "memmory: 1", "zzz: 1"].map(
      (text) => parseConfig(text).problems?.[0]?.message,
    );
    expect(messages.slice(0, 3)).toEqual([
      "unknown key `imge`, did you mean `image`?",
      "unknown key `work_directory`, did you mean `work_dir`?",
      "unknown key `memmory`, did you mean `memory`?",
    ]);
    expect(messages[3]).toContain("expected one of `description`, `resource_pool`");
  });
});

test("an asset gives the program and the configuration that made it", () => {
  const text = "image: a\nslots: 0\nenvironment_variables:\n  __proto__: x\n";
  const asset = assetOf(text);
  expect(argvOf(asset)).toEqual(["true"]);
  expect(configFrom(asset)).toEqual(parseConfig(text).config);
  expect(toYaml(configFrom(asset))).toBe(text);
});
