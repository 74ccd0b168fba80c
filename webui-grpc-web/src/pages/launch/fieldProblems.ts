// What is wrong, by the field of the form that it is about.

import type { Problem } from "../../config/commandConfig";
import { placeOf, stepsOf } from "../../config/place";
import type { Mark } from "../../config/YamlEditor";

/** What is to be done about a value that was left out. */
export const FILL_IN = "fill in the value";

/** What is wrong with which field: as the master names them. */
export type FieldProblems = ReadonlyMap<string, string>;

/** The problems of the file itself, which come first, and what the master says where the file has none. */
export function fieldProblems(problems: readonly Problem[], violations: FieldProblems): FieldProblems {
  if (problems.length === 0) return violations;
  const fields = new Map<string, string>();
  for (const { field, message } of problems) {
    if (!fields.has(field)) fields.set(field, message);
  }
  return fields;
}

/** What is wrong with a variable, by its name: `environment_variables["A"]` and `environment_variables.A` are the same. */
export function variableProblem(problems: FieldProblems, name: string): string | undefined {
  for (const [field, message] of problems) {
    const [key, step] = field.startsWith("environment_variables.")
      ? ["environment_variables", field.slice("environment_variables.".length)]
      : stepsOf(field);
    if (key === "environment_variables" && step === name) return message;
  }
  return undefined;
}

/** Where the editor marks what: the file's own problems at their places, the master's at the keys that they name. */
export function marksOf(
  text: string,
  problems: readonly Problem[],
  violations: FieldProblems,
  withheld: readonly string[],
): Mark[] {
  if (problems.length > 0) {
    return problems.map(({ from, to, field, message }) => ({ from, to, message: withField(field, message) }));
  }
  const missing = withheld.map((name): [string, string] => [`environment_variables[${JSON.stringify(name)}]`, FILL_IN]);
  return [...violations, ...missing].flatMap(([field, description]) => {
    const place = placeOf(text, field);
    return place === undefined ? [] : [{ ...place, message: withField(field, description) }];
  });
}

/** A problem with the name of what it is about. */
export function withField(field: string, message: string): string {
  return field === ""
    ? message.charAt(0).toUpperCase() + message.slice(1)
    : `${field.replace(/^command\./, "")}: ${message}`;
}

/** A problem as it stands at its field. */
export function atField(message: string): string {
  const expected = /^invalid (?:type|value): [\s\S]*, expected (.+)$/.exec(message)?.[1];
  const text = expected === undefined ? message : `give ${expected}`;
  return capitalised(text);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
