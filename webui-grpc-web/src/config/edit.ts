// A configuration file as a form sees it, and the form's edits of it. What the form does not know, comments too, stays.

import {
  isMap,
  isPair,
  isScalar,
  isSeq,
  Pair,
  type ParsedNode,
  Scalar,
  type ToStringOptions,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { findKey, KEY_ORDER, type Key, type MountKey } from "./keys";
import { isNothing, plainTextOf, readDocument, resolve, textOf } from "./parse";
import { LAYOUT, plain, mount as printMount, textNode } from "./print";
import { looksLikeMore, parseBool } from "./scalar";

/** The keys that are one value. */
export type ScalarKey = Exclude<Key, "environment_variables" | "bind_mounts" | "add_capabilities">;

const TEXTS: readonly Key[] = ["description", "resource_pool", "image", "work_dir"];

/** What a form shows of a file. Each value as it is written, right or wrong. */
export interface FormView {
  /** A value that is no scalar is not here. */
  scalars: Partial<Record<ScalarKey, string>>;
  /** Undefined: written in a way that the form does not know. */
  bindMounts: MountRow[] | undefined;
  variables: VariableRow[] | undefined;
  /** Keys that the form does not show and that have a value. */
  others: Key[];
}

export interface MountRow {
  hostPath: string;
  containerPath: string;
  readOnly: boolean;
}

export interface VariableRow {
  name: string;
  value: string;
}

type Root = YAMLMap<ParsedNode | null, ParsedNode | null>;
type Doc = ReturnType<typeof readDocument>;

/** What a form shows; undefined: the file has to be put right first. */
export function formView(text: string): FormView | undefined {
  const doc = readDocument(text);
  const root = doc.contents;
  if (doc.errors.length > 0 || !(isMap(root) || isNothing(root))) {
    return undefined;
  }
  const value = (key: Key) => resolve(doc, findPair(root, key)?.value);
  const scalars: FormView["scalars"] = {};
  for (const key of KEY_ORDER) {
    const node = value(key);
    if (isScalarKey(key) && isScalar(node)) {
      scalars[key] = isNothing(node) ? "" : (textOf(node) ?? "");
    }
  }
  const others: Key[] = isNothing(value("add_capabilities")) ? [] : ["add_capabilities"];
  return { scalars, bindMounts: mountRows(doc, root), variables: variableRows(doc, root), others };
}

function isScalarKey(key: Key): key is ScalarKey {
  return key !== "environment_variables" && key !== "bind_mounts" && key !== "add_capabilities";
}

function mountRows(doc: Doc, root: ParsedNode | null): MountRow[] | undefined {
  const node = findPair(root, "bind_mounts")?.value;
  if (isNothing(node)) {
    return [];
  }
  if (!isSeq(node) || !node.items.every((item) => isMap(item))) {
    return undefined;
  }
  return (node.items as YAMLMap[]).map((item) => {
    const text = (key: MountKey) =>
      textOf(resolve(doc, mountPair(item, key)?.value as ParsedNode | null | undefined)) ?? "";
    return {
      hostPath: text("host_path"),
      containerPath: text("container_path"),
      readOnly: parseBool(text("read_only")) ?? false,
    };
  });
}

function variableRows(doc: Doc, root: ParsedNode | null): VariableRow[] | undefined {
  const node = findPair(root, "environment_variables")?.value;
  if (isNothing(node)) {
    return [];
  }
  if (isMap(node)) {
    const pairs = (node as Root).items.map(({ key, value }) => ({
      name: textOf(key),
      value: textOf(resolve(doc, value)),
    }));
    return pairs.every(isRow) ? pairs : undefined;
  }
  if (!isSeq(node)) {
    return undefined;
  }
  const texts = (node.items as ParsedNode[]).map((item) => textOf(resolve(doc, item)));
  return texts.every((text) => text !== undefined) ? texts.map(splitVariable) : undefined;
}

function isRow(row: { name: string | undefined; value: string | undefined }): row is VariableRow {
  return row.name !== undefined && row.value !== undefined;
}

function splitVariable(text: string): VariableRow {
  const split = text.indexOf("=");
  return split === -1 ? { name: text, value: "" } : { name: text.slice(0, split), value: text.slice(split + 1) };
}

/** Gives a key another value; an empty one takes the key away, unless a comment stands at it. */
export function setScalar(text: string, key: ScalarKey, value: string): string {
  return edit(text, (root) => {
    const pair = findPair(root, key);
    const node = value === "" ? plain("") : TEXTS.includes(key) ? textNode(value) : plain(value);
    if (pair === undefined) {
      if (value !== "") {
        insert(root, key, node);
      }
    } else if (value === "" && !hasComment(pair)) {
      root.items.splice(root.items.indexOf(pair), 1);
    } else {
      replaceValue(pair, node);
    }
  });
}

export function addMount(text: string): string {
  return edit(text, (root) => {
    const list = listOf(root);
    list.items.push(printMount({ hostPath: "", containerPath: "", readOnly: false, propagation: "rprivate" }));
  });
}

export function removeMount(text: string, index: number): string {
  return edit(text, (root) => {
    const list = listOf(root);
    list.items.splice(index, 1);
    dropIfEmpty(root, "bind_mounts", list);
  });
}

/** Changes what is given of a bind mount; the rest of it stays. */
export function setMount(text: string, index: number, change: Partial<MountRow>): string {
  return edit(text, (root) => {
    const item = listOf(root).items[index];
    if (!isMap(item)) {
      return;
    }
    const set = (key: MountKey, node: Scalar<string>) => {
      const pair = mountPair(item, key);
      if (pair === undefined) {
        item.items.push(new Pair(new Scalar(key), node));
      } else {
        replaceValue(pair, node);
      }
    };
    if (change.hostPath !== undefined) {
      set("host_path", textNode(change.hostPath));
    }
    if (change.containerPath !== undefined) {
      set("container_path", textNode(change.containerPath));
    }
    if (change.readOnly !== undefined) {
      set("read_only", plain(`${change.readOnly}`));
    }
  });
}

export function addVariable(text: string): string {
  return edit(text, (root) => {
    const node = variablesOf(root);
    if (isSeq(node)) {
      node.items.push(textNode("="));
    } else {
      node.items.push(new Pair(textNode(""), textNode("")));
    }
  });
}

export function removeVariable(text: string, index: number): string {
  return edit(text, (root) => {
    const node = variablesOf(root);
    node.items.splice(index, 1);
    dropIfEmpty(root, "environment_variables", node);
  });
}

/** Changes the name or the value of a variable, or both. */
export function setVariable(text: string, index: number, change: Partial<VariableRow>): string {
  return edit(text, (root) => {
    const node = variablesOf(root);
    const item = node.items[index];
    if (isSeq(node) && isScalar(item)) {
      const { name, value } = { ...splitVariable(textOf(item as ParsedNode) ?? ""), ...change };
      node.items[index] = withCommentsOf(item, textNode(`${name}=${value}`));
    } else if (isPair(item)) {
      if (change.name !== undefined) {
        item.key = isScalar(item.key) ? withCommentsOf(item.key, textNode(change.name)) : textNode(change.name);
      }
      if (change.value !== undefined) {
        replaceValue(item, textNode(change.value));
      }
    }
  });
}

/** The file without the values of its variables, for where secrets must not be; undefined: they cannot be told apart. */
export function withoutSecrets(text: string): string | undefined {
  const rows = formView(text)?.variables;
  if (rows === undefined) {
    return undefined;
  }
  if (rows.length === 0) {
    return text;
  }
  try {
    return edit(text, (root) => {
      const pair = findPair(root, "environment_variables");
      if (pair !== undefined) {
        // A map of its own, so that no comment and no anchor of the old one is left.
        const bare = new YAMLMap();
        bare.items.push(...rows.map(({ name }) => new Pair(textNode(name), textNode(""))));
        pair.value = bare as never;
      }
    });
  } catch {
    // What is left refers to an anchor that stood at a value.
    return undefined;
  }
}

function edit(text: string, change: (root: Root) => void): string {
  const doc = readDocument(text);
  if (!isMap(doc.contents)) {
    doc.contents = new YAMLMap() as never;
  }
  const root = doc.contents as unknown as Root;
  if (root.items.length === 0) {
    root.flow = false;
  }
  change(root);
  if (root.items.length === 0) {
    const comments = [doc.commentBefore, root.commentBefore, root.comment, doc.comment].filter((comment) => comment);
    return (
      comments.map((comment) => `${comment}`.replaceAll(/^/gm, "#")).join("\n\n") + (comments.length > 0 ? "\n" : "")
    );
  }
  return doc.toString(layoutOf(text));
}

/** The layout that is there already, as far as it can be told. */
function layoutOf(text: string): ToStringOptions {
  return {
    ...LAYOUT,
    indentSeq: /^[\w"']+:[ \t]*(#.*)?\n[ \t]+- /m.test(text),
    flowCollectionPadding: /\{ /.test(text),
  };
}

function findPair(
  root: ParsedNode | Root | null | undefined,
  key: Key,
): Pair<ParsedNode | null, ParsedNode | null> | undefined {
  const items = isMap(root) ? (root as Root).items : [];
  return items.find((pair) => findKey(textOf(pair.key) ?? "") === key);
}

function mountPair(map: YAMLMap, key: MountKey): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && plainOrQuoted(pair.key) === key);
}

function plainOrQuoted(node: Scalar): string | undefined {
  return plainTextOf(node as ParsedNode) ?? textOf(node as ParsedNode);
}

/** Puts a key where the CLI prints it: before the first of those that come later, if there are any. */
function insert(root: Root, key: Key, value: unknown): void {
  const rank = KEY_ORDER.indexOf(key);
  const before = root.items.findLastIndex((pair) => {
    const other = findKey(textOf(pair.key) ?? "");
    return other !== undefined && KEY_ORDER.indexOf(other) < rank;
  });
  root.items.splice(before + 1, 0, new Pair(new Scalar(key), value) as never);
}

function listOf(root: Root): YAMLSeq {
  const pair = findPair(root, "bind_mounts");
  if (isSeq(pair?.value)) {
    return pair.value;
  }
  return put(root, "bind_mounts", new YAMLSeq());
}

function variablesOf(root: Root): YAMLSeq | YAMLMap {
  const pair = findPair(root, "environment_variables");
  if (isSeq(pair?.value) || isMap(pair?.value)) {
    return pair.value as YAMLSeq | YAMLMap;
  }
  return put(root, "environment_variables", new YAMLMap());
}

function put<T>(root: Root, key: Key, value: T): T {
  const pair = findPair(root, key);
  if (pair === undefined) {
    insert(root, key, value);
  } else {
    pair.value = value as never;
  }
  return value;
}

function dropIfEmpty(root: Root, key: Key, node: { items: unknown[] }): void {
  const pair = findPair(root, key);
  if (node.items.length > 0 || pair === undefined) {
    return;
  }
  if (hasComment(pair)) {
    pair.value = plain("") as never;
  } else {
    root.items.splice(root.items.indexOf(pair), 1);
  }
}

function replaceValue(pair: Pair, node: Scalar<string>): void {
  pair.value = isScalar(pair.value) ? withCommentsOf(pair.value, node) : node;
}

/** Keeps what stands around a scalar, and the quotes that somebody chose. */
function withCommentsOf(old: Scalar, node: Scalar<string>): Scalar<string> {
  const { comment, commentBefore, spaceBefore } = old;
  const chosen = old.type === Scalar.QUOTE_DOUBLE || old.type === Scalar.QUOTE_SINGLE;
  const needless = chosen && !looksLikeMore(textOf(old as ParsedNode) ?? "");
  const isText = node.type !== Scalar.PLAIN && node.type !== Scalar.BLOCK_LITERAL;
  return Object.assign(node, { comment, commentBefore, spaceBefore }, needless && isText ? { type: old.type } : {});
}

function hasComment(pair: Pair): boolean {
  return [pair.key, pair.value].some((node) => isScalar(node) && Boolean(node.comment || node.commentBefore));
}
