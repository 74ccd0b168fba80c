// What can be written at a place of a configuration file.

import { KEYS, MOUNT_KEYS } from "./keys";

export interface Choice {
  label: string;
  /** One line on what it is for. */
  detail: string;
  /** What is written. */
  insert: string;
}

export interface Choices {
  /** Where the word starts that is being written. */
  from: number;
  choices: Choice[];
}

/** What to choose from at a place; undefined: nothing in particular. */
export function choicesAt(text: string, at: number, pools: readonly string[]): Choices | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(start, at);
  const above = text.slice(0, start).split("\n");
  const value = /^(?:[- ] )*\s*(\w+):\s+(\w*)$/.exec(line);
  if (value !== null) {
    const values = valuesOf(value[1] ?? "", pools);
    return values && { from: at - (value[2] ?? "").length, choices: values };
  }
  const word = /^(\s*(?:- )?\s*)(\w*)$/.exec(line);
  if (word === null) {
    return undefined;
  }
  const [, indent = "", written = ""] = word;
  if (indent === "") {
    const there = new Set([...text.matchAll(/^["']?(\w+)["']?:/gm)].map((match) => match[1]));
    return { from: start, choices: keys(KEYS, (key) => key === written || !there.has(key)) };
  }
  const parent = above.findLast((other) => /^\w/.test(other))?.replace(/:.*/, "");
  if (parent !== "bind_mounts" && parent !== "bind_mount") {
    return undefined;
  }
  const there = indent.includes("-") ? new Set<string>() : keysOfItem(above);
  return { from: at - written.length, choices: keys(MOUNT_KEYS, (key) => !there.has(key)) };
}

/** The keys that the lines above, up to the item's dash, have. */
function keysOfItem(above: readonly string[]): Set<string> {
  const dash = above.findLastIndex((line) => /^\s*- /.test(line));
  return new Set(above.slice(Math.max(dash, 0)).flatMap((line) => /^[\s-]*(\w+):/.exec(line)?.[1] ?? []));
}

function keys(docs: Readonly<Record<string, string>>, isFree: (key: string) => boolean): Choice[] {
  const free = Object.entries(docs).filter(([key]) => isFree(key));
  return free.map(([label, detail]) => ({ label, detail, insert: `${label}: ` }));
}

function valuesOf(key: string, pools: readonly string[]): Choice[] | undefined {
  const choice = (label: string, detail: string) => ({ label, detail, insert: label });
  switch (key) {
    case "read_only":
    case "read_only_root":
      return [choice("true", ""), choice("false", "")];
    case "propagation":
      return [
        choice("rprivate", "it stays as it is when the command starts"),
        choice("rslave", "also what the host mounts below it later"),
      ];
    case "resource_pool":
      return pools.map((pool) => choice(pool, ""));
    default:
      return undefined;
  }
}
