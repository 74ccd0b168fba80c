// What was entered and not launched yet, kept for this tab over a reload. Values of environment variables are not kept.

import { configFrom, toYaml } from "../../config/commandConfig";
import { formView, withoutSecrets } from "../../config/edit";
import { argvOf, type Program, programFrom } from "../../config/words";
import type { Asset } from "../../gen/pedl/v1/asset_pb";

export interface Draft {
  program: Program;
  /** The configuration. */
  text: string;
  /** Variables whose values were left out, here or by the master, and are to be filled in. */
  withheld: readonly string[];
}

export const EMPTY: Draft = { program: { inShell: false, text: "" }, text: "", withheld: [] };

/** What one begins with: nothing, or what made another asset. */
export function draftOf(template: Asset | undefined, defaults: Asset | undefined): Draft {
  if (template === undefined) return EMPTY;
  const program = programFrom(argvOf(template));
  const config = configFrom(template);
  if (!template.redacted) return { program, text: toYaml(config), withheld: [] };
  // The cluster gives its own variables again.
  const given = defaults && configFrom(defaults).environmentVariables;
  const variables = [...config.environmentVariables].filter(([name]) => !given?.has(name));
  const text = toYaml({ ...config, environmentVariables: new Map(variables) });
  return { program, text, withheld: variables.map(([name]) => name) };
}

interface Kept extends Draft {
  /** The asset that it began with. */
  from: string | undefined;
}

function keyOf(username: string): string {
  return `pedl-launch:${username}`;
}

/** Keeps a draft, as far as it can be without secrets. */
export function keepDraft(username: string, from: string | undefined, draft: Draft): void {
  const text = withoutSecrets(draft.text);
  // What cannot be told apart from a secret is not kept: what was kept before stays.
  if (text === undefined) return;
  const withheld = namesWithValues(draft.text).concat(withheldStill(draft));
  const kept: Kept = { program: draft.program, text, withheld, from };
  try {
    sessionStorage.setItem(keyOf(username), JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing.
  }
}

export function dropDraft(username: string): void {
  try {
    sessionStorage.removeItem(keyOf(username));
  } catch {
    // A browser that keeps nothing.
  }
}

/** The draft that was begun so, if there is one. */
export function findDraft(username: string, from: string | undefined): Draft | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(username)) ?? "null");
    return isKept(kept) && kept.from === from
      ? { program: kept.program, text: kept.text, withheld: kept.withheld }
      : undefined;
  } catch {
    return undefined;
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { program, text, withheld } = value as Partial<Kept>;
  return (
    typeof program?.text === "string" &&
    typeof program.inShell === "boolean" &&
    typeof text === "string" &&
    Array.isArray(withheld) &&
    withheld.every((name) => typeof name === "string")
  );
}

function namesWithValues(text: string): string[] {
  const rows = formView(text)?.variables ?? [];
  return rows.filter(({ value }) => value !== "").map(({ name }) => name);
}

/** The variables that are still to be filled in. */
export function withheldStill({ text, withheld }: Draft): string[] {
  if (withheld.length === 0) return [];
  const rows = formView(text)?.variables ?? [];
  return rows.filter(({ name, value }) => value === "" && withheld.includes(name)).map(({ name }) => name);
}
