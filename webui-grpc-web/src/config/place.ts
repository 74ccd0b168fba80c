// Where in a configuration file the key stands that the master names.

import { isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { findKey } from "./keys";
import { readDocument, textOf } from "./parse";

export interface Place {
  from: number;
  to: number;
}

/** The master's names of fields in steps: `bind_mounts[0].host_path`, `environment_variables["A"]`. */
export function stepsOf(field: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [, name, index, quoted] of field.matchAll(/(?:^|\.)([a-z_]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)) {
    steps.push(name ?? (index === undefined ? unquote(quoted ?? "") : Number(index)));
  }
  return steps;
}

/** A string as Rust's `{:?}` has it. */
function unquote(quoted: string): string {
  const text = quoted.slice(1, -1);
  const letters: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0" };
  return text.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (letters[letter] ?? letter) : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/** Where a field stands, or what there is of the way to it; undefined: nothing of it is written. */
export function placeOf(text: string, field: string): Place | undefined {
  let node: ParsedNode | null | undefined = readDocument(text).contents;
  let place: Place | undefined;
  for (const [depth, step] of stepsOf(field).entries()) {
    const found = stepInto(node, step, depth);
    if (found === undefined) {
      return place;
    }
    node = found.value;
    const range = valueRange(node) ?? found.key?.range;
    place = range ? { from: range[0], to: range[1] } : place;
  }
  return place;
}

function stepInto(
  node: ParsedNode | null | undefined,
  step: string | number,
  depth: number,
): { key?: ParsedNode | null; value: ParsedNode | null } | undefined {
  if (isMap(node)) {
    const items = node.items as { key: ParsedNode | null; value: ParsedNode | null }[];
    const key = (item: { key: ParsedNode | null }) =>
      depth === 0 ? findKey(textOf(item.key) ?? "") : textOf(item.key);
    return items.find((item) => key(item) === step);
  }
  if (!isSeq(node)) {
    return undefined;
  }
  const items = node.items as ParsedNode[];
  const value = typeof step === "number" ? items[step] : items.find((item) => textOf(item)?.split("=", 1)[0] === step);
  return value === undefined ? undefined : { value };
}

/** Lists and maps are marked at their key: all of them would be too much. */
function valueRange(node: ParsedNode | null | undefined): readonly [number, number, number] | undefined {
  return isScalar(node) && node.range && node.range[0] < node.range[1] ? node.range : undefined;
}
