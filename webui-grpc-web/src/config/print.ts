// Prints a configuration as the CLI does.

import { Document, Scalar, type ToStringOptions, YAMLMap, YAMLSeq } from "yaml";
import type { CommandConfig } from "./commandConfig";
import type { Key } from "./keys";
import { printRunTime } from "./runTime";
import { looksLikeMore } from "./scalar";
import { printSize } from "./size";

/** The layout of the CLI. */
export const LAYOUT: ToStringOptions = {
  indentSeq: false,
  lineWidth: 0,
  singleQuote: true,
  flowCollectionPadding: false,
};

/** The file that says what a configuration does. */
export function toYaml(config: CommandConfig): string {
  const root = new YAMLMap<Scalar, unknown>();
  const add = (key: Key, value: unknown) => {
    if (value !== undefined) {
      root.items.push(new Document().createPair(key, value) as never);
    }
  };
  const { shmSize, memory, cpus, maxRunTime, slots, readOnlyRoot } = config;
  add("description", asText(config.description));
  add("resource_pool", asText(config.resourcePool));
  add("image", asText(config.image));
  add("slots", slots === undefined ? undefined : plain(`${slots}`));
  add("work_dir", asText(config.workDir));
  add(
    "environment_variables",
    config.environmentVariables.size > 0 ? variables(config.environmentVariables) : undefined,
  );
  add("bind_mounts", config.bindMounts && list(config.bindMounts.map(mount)));
  add("shm_size", shmSize === undefined ? undefined : textNode(printSize(shmSize)));
  add("memory", memory === undefined ? undefined : textNode(printSize(memory)));
  add("cpus", cpus === undefined ? undefined : plain(printNumber(cpus)));
  add("max_run_time", maxRunTime === undefined ? undefined : textNode(printRunTime(maxRunTime)));
  add("add_capabilities", config.addCapabilities && list(config.addCapabilities.map(textNode)));
  add("read_only_root", readOnlyRoot === undefined ? undefined : plain(`${readOnlyRoot}`));
  return printDocument(root);
}

function printDocument(root: YAMLMap<Scalar, unknown>): string {
  const doc = new Document(null, { schema: "failsafe" });
  doc.contents = root as never;
  return doc.toString(LAYOUT);
}

/** Text, in quotes where without them it might be read as something else. */
export function textNode(text: string): Scalar<string> {
  const node = new Scalar(text);
  if (text.includes("\n")) {
    node.type = Scalar.BLOCK_LITERAL;
  } else if (/\p{Cc}/u.test(text)) {
    node.type = Scalar.QUOTE_DOUBLE;
  } else if (looksLikeMore(text)) {
    node.type = Scalar.QUOTE_SINGLE;
  }
  return node;
}

/** What shall be read as what it looks like. */
export function plain(text: string): Scalar<string> {
  return Object.assign(new Scalar(text), { type: Scalar.PLAIN });
}

/** A bind mount's map. */
export function mount(mount: NonNullable<CommandConfig["bindMounts"]>[number]): YAMLMap {
  const map = new YAMLMap();
  map.set(textNode("host_path"), textNode(mount.hostPath));
  map.set(textNode("container_path"), textNode(mount.containerPath));
  map.set(textNode("read_only"), plain(`${mount.readOnly}`));
  if (mount.propagation !== "rprivate") {
    map.set(textNode("propagation"), textNode(mount.propagation));
  }
  return map;
}

function variables(variables: ReadonlyMap<string, string>): YAMLMap {
  const map = new YAMLMap();
  for (const [name, value] of [...variables].toSorted(([a], [b]) => compareUtf8(a, b))) {
    map.set(textNode(name), textNode(value));
  }
  return map;
}

function list(items: readonly (Scalar | YAMLMap)[]): YAMLSeq {
  const list = new YAMLSeq();
  list.items.push(...items);
  list.flow = items.length === 0;
  return list;
}

/** As the CLI does: `1.0`, not `1`. */
function printNumber(value: number): string {
  if (Number.isNaN(value)) {
    return ".nan";
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? ".inf" : "-.inf";
  }
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : `${value}`;
}

function asText(text: string | undefined): Scalar<string> | undefined {
  return text === undefined ? undefined : textNode(text);
}

/** The order of the names' bytes, which is that of their code points. */
function compareUtf8(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((letter, i) => letter !== y[i]);
  if (at === -1) {
    return x.length - y.length;
  }
  return (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? -1);
}
