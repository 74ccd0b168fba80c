// Reads a configuration file by the rules that the CLI reads it by, and tells where it is wrong.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
  type Range,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type BindMount, type CommandConfig, withoutAbsent } from "./commandConfig";
import { findKey, isMountKey, KEY_ORDER, type Key, MOUNT_KEYS, type MountKey } from "./keys";
import { parseRunTime } from "./runTime";
import { describePlain, isNull, parseBool, parseFloat64, parseInteger } from "./scalar";
import { parseSize } from "./size";

/** Something that is wrong, and where. */
export interface Problem {
  /** Says what, and what is accepted. */
  message: string;
  /** The key that it is about: `bind_mounts[0].host_path`; empty: the whole. */
  field: string;
  /** Where it stands in the text. */
  from: number;
  to: number;
  /** The line, from 1. */
  line: number;
}

export type Parsed =
  | { config: CommandConfig; problems?: undefined }
  | { config?: undefined; problems: readonly Problem[] };

type Value = ParsedNode | null | undefined;
type Doc = Document.Parsed;
type Place = readonly [from: number, to: number];

/** Reads what was written only: each scalar is text, whatever it looks like, and keys may stand twice. */
export function readDocument(text: string, lineCounter = new LineCounter()): Doc {
  return parseDocument(text, { schema: "failsafe", uniqueKeys: false, prettyErrors: false, lineCounter });
}

/** Reads a configuration, whole or in part. */
export function parseConfig(text: string): Parsed {
  const lines = new LineCounter();
  const doc = readDocument(text, lines);
  const reader = new Reader(doc, lines);
  for (const error of doc.errors) {
    const message = error.code === "MULTIPLE_DOCS" ? "more than one document: give one" : lowerFirst(error.message);
    reader.add("", message, error.pos);
  }
  visit(doc, {
    Alias: (_, alias) => {
      if (alias.resolve(doc) === undefined) {
        reader.add("", `unknown anchor \`${alias.source}\``, rangeOf(alias) ?? [0, 0]);
      }
    },
  });
  // What stands around an error of the syntax is not what was meant.
  const config = reader.problems.length === 0 ? reader.config() : undefined;
  return config === undefined || reader.problems.length > 0 ? { problems: reader.problems } : { config };
}

/** Follows an alias to what it stands for. */
export function resolve(doc: Doc, node: Value): Value {
  return isAlias(node) ? (node.resolve(doc) as Value) : node;
}

/** A scalar as it is written, quotes and escapes undone; undefined: it is none. */
export function textOf(node: Value): string | undefined {
  if (node === null || node === undefined) {
    return "";
  }
  return isScalar(node) ? (node.source ?? String(node.value ?? "")) : undefined;
}

/** A scalar without quotes, the only kind that can be something else than text. */
export function plainTextOf(node: Value): string | undefined {
  const quoted = isScalar(node) && node.type !== undefined && node.type !== "PLAIN";
  return quoted ? undefined : textOf(node);
}

export function isNothing(node: Value): boolean {
  const plain = plainTextOf(node);
  return plain !== undefined && isNull(plain);
}

class Reader {
  readonly problems: Problem[] = [];

  constructor(
    private readonly doc: Doc,
    private readonly lines: LineCounter,
  ) {}

  add(field: string, message: string, [from, to]: Place): void {
    this.problems.push({ field, message, from, to, line: Math.max(this.lines.linePos(from).line, 1) });
  }

  config(): CommandConfig | undefined {
    const root = this.resolve(this.doc.contents);
    if (isNothing(root)) {
      return { environmentVariables: new Map() };
    }
    if (!isMap(root)) {
      this.addType("", root, "a map of keys to values", [0, 0]);
      return undefined;
    }
    const values = this.once(root, "", findKey, KEY_ORDER);
    const read = <T>(key: Key, parse: (value: Value, field: string, at: Place) => T): T | undefined => {
      const found = values.get(key);
      return found === undefined || isNothing(this.resolve(found.value))
        ? undefined
        : parse(found.value, key, found.at);
    };
    return withoutAbsent({
      description: read("description", this.text),
      resourcePool: read("resource_pool", this.text),
      image: read("image", this.text),
      slots: read("slots", this.wholeNumber),
      workDir: read("work_dir", this.text),
      environmentVariables: read("environment_variables", this.environment) ?? new Map(),
      bindMounts: read("bind_mounts", this.bindMounts),
      shmSize: read("shm_size", this.size),
      memory: read("memory", this.size),
      cpus: read("cpus", this.number),
      maxRunTime: read("max_run_time", this.runTime),
      addCapabilities: read("add_capabilities", this.texts),
      readOnlyRoot: read("read_only_root", this.bool),
    });
  }

  /** The values of a map's keys; keys that are unknown, or there twice, are told of. */
  private once<K extends string>(
    map: YAMLMap,
    field: string,
    find: (written: string) => K | undefined,
    known: readonly K[],
  ): Map<K, { value: Value; at: Place }> {
    const values = new Map<K, { value: Value; at: Place }>();
    for (const pair of map.items as Pair<ParsedNode | null, ParsedNode | null>[]) {
      const at = rangeOf(pair.key) ?? rangeOf(map) ?? [0, 0];
      const written = textOf(this.resolve(pair.key));
      const key = written === undefined ? undefined : find(written);
      if (written === undefined) {
        this.addType(field, pair.key, "a key", at);
      } else if (key === undefined) {
        this.add(field, `unknown key \`${written}\`, ${suggest(written, known)}`, at);
      } else if (values.has(key)) {
        this.add(field, `duplicate key \`${key}\``, at);
      } else {
        values.set(key, { value: pair.value, at });
      }
    }
    return values;
  }

  private readonly text = (value: Value, field: string, at: Place): string => {
    const text = textOf(this.resolve(value));
    if (text === undefined) {
      this.addType(field, value, "a string", at);
    }
    return text ?? "";
  };

  private readonly wholeNumber = (value: Value, field: string, at: Place): number => {
    const number = this.plain(value, parseInteger);
    if (number === undefined) {
      this.addType(field, value, "a whole number", at);
    } else if (number > 0x7fff_ffffn || number < -0x8000_0000n) {
      this.add(field, `invalid value: integer \`${number}\`, expected a whole number`, rangeOf(value) ?? at);
    }
    return Number(number ?? 0n);
  };

  private readonly number = (value: Value, field: string, at: Place): number => {
    const number = this.plain(value, parseFloat64);
    if (number === undefined) {
      this.addType(field, value, "a number", at);
    }
    return number ?? 0;
  };

  private readonly bool = (value: Value, field: string, at: Place): boolean => {
    const bool = this.plain(value, parseBool);
    if (bool === undefined) {
      this.addType(field, value, "true or false", at);
    }
    return bool ?? false;
  };

  private readonly size = (value: Value, field: string, at: Place): bigint =>
    this.amount(value, field, at, parseSize, "bytes, or a size like 64MiB or 4GiB");

  private readonly runTime = (value: Value, field: string, at: Place): bigint =>
    this.amount(value, field, at, parseRunTime, "a length of time like 30m, 24h or 7d");

  private amount(
    value: Value,
    field: string,
    at: Place,
    parse: (text: string) => bigint | undefined,
    expected: string,
  ): bigint {
    const text = textOf(this.resolve(value));
    const amount = text === undefined ? undefined : parse(text);
    if (text === undefined) {
      this.addType(field, value, expected, at);
    } else if (amount === undefined) {
      this.add(field, `invalid value: string "${text}", expected ${expected}`, rangeOf(value) ?? at);
    }
    return amount ?? 0n;
  }

  private readonly texts = (value: Value, field: string, at: Place): string[] =>
    this.items(value, field, at).map((item, i) => this.text(item, `${field}[${i}]`, at));

  private readonly bindMounts = (value: Value, field: string, at: Place): BindMount[] =>
    this.items(value, field, at).map((item, i) => this.bindMount(item, `${field}[${i}]`, rangeOf(item) ?? at));

  private bindMount(item: Value, field: string, at: Place): BindMount {
    const mount: BindMount = { hostPath: "", containerPath: "", readOnly: false, propagation: "rprivate" };
    const map = this.resolve(item);
    if (!isMap(map)) {
      this.addType(field, item, "a map with host_path and container_path", at);
      return mount;
    }
    const known = Object.keys(MOUNT_KEYS) as MountKey[];
    const values = this.once(map, field, (written) => (isMountKey(written) ? written : undefined), known);
    const read = <T>(key: MountKey, parse: (value: Value, field: string, at: Place) => T): T | undefined => {
      const found = values.get(key);
      return found === undefined ? undefined : parse(found.value, `${field}.${key}`, found.at);
    };
    for (const key of ["host_path", "container_path"] as const) {
      if (!values.has(key)) {
        this.add(field, `missing key \`${key}\``, at);
      }
    }
    return {
      hostPath: read("host_path", this.text) ?? "",
      containerPath: read("container_path", this.text) ?? "",
      readOnly: read("read_only", this.bool) ?? false,
      propagation: read("propagation", this.propagation) ?? "rprivate",
    };
  }

  private readonly propagation = (value: Value, field: string, at: Place): BindMount["propagation"] => {
    const text = this.text(value, field, at);
    if (text !== "rprivate" && text !== "rslave") {
      this.add(field, `unknown value \`${text}\`, expected \`rprivate\` or \`rslave\``, rangeOf(value) ?? at);
      return "rprivate";
    }
    return text;
  };

  private readonly environment = (value: Value, field: string, at: Place): Map<string, string> => {
    const node = this.resolve(value);
    if (!isMap(node) && !isSeq(node)) {
      this.addType(field, value, "a map of names to values, or a list of NAME=VALUE", at);
      return new Map();
    }
    const variables = new Map<string, string>();
    const entries = isMap(node) ? this.mapEntries(node, field) : this.listEntries(node, field);
    for (const { name, value, at } of entries) {
      if (variables.has(name)) {
        this.add(field, `duplicate key \`${name}\``, at);
      }
      variables.set(name, value);
    }
    return variables;
  };

  private mapEntries(map: YAMLMap, field: string) {
    return (map.items as Pair<ParsedNode | null, ParsedNode | null>[]).map((pair) => {
      const at = rangeOf(pair.key) ?? [0, 0];
      const name = this.text(pair.key, field, at);
      return { name, value: this.text(pair.value, `${field}.${name}`, at), at };
    });
  }

  private listEntries(list: YAMLSeq, field: string) {
    return (list.items as Value[]).map((item, i) => {
      const at = rangeOf(item) ?? rangeOf(list) ?? [0, 0];
      const text = this.text(item, `${field}[${i}]`, at);
      const split = text.indexOf("=");
      if (split < 1) {
        this.add(field, `\`${text}\`: give NAME=VALUE`, at);
      }
      return { name: split < 1 ? text : text.slice(0, split), value: text.slice(split + 1), at };
    });
  }

  private items(value: Value, field: string, at: Place): Value[] {
    const list = this.resolve(value);
    if (!isSeq(list)) {
      this.addType(field, value, "a list", at);
      return [];
    }
    return list.items as Value[];
  }

  private plain<T>(value: Value, parse: (text: string) => T | undefined): T | undefined {
    const text = plainTextOf(this.resolve(value));
    return text === undefined ? undefined : parse(text);
  }

  private resolve(node: Value): Value {
    return resolve(this.doc, node);
  }

  private addType(field: string, value: Value, expected: string, at: Place): void {
    this.add(field, `invalid type: ${describe(this.resolve(value))}, expected ${expected}`, rangeOf(value) ?? at);
  }
}

function describe(node: Value): string {
  if (isMap(node)) {
    return "map";
  }
  if (isSeq(node)) {
    return "sequence";
  }
  const plain = plainTextOf(node);
  return plain === undefined ? `string "${textOf(node)}"` : describePlain(plain);
}

function suggest(written: string, known: readonly string[]): string {
  const close = known.filter((key) => key.startsWith(written.slice(0, 3)) || distance(key, written) <= 2);
  const best = close.toSorted((a, b) => distance(a, written) - distance(b, written))[0];
  return best === undefined
    ? `expected one of ${known.map((key) => `\`${key}\``).join(", ")}`
    : `did you mean \`${best}\`?`;
}

/** How many letters have to change for one word to become the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function rangeOf(node: { range?: Range | null | undefined } | null | undefined): Place | undefined {
  const range = node?.range;
  return range === null || range === undefined ? undefined : [range[0], range[1]];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
