import { violationsOf } from "./errors";

/** What the master says of a form's fields, by the form's own names for them. */
export function fieldErrors(error: unknown, names: Record<string, string>): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [path, text] of violationsOf(error)) {
    const name = names[path];
    if (name !== undefined) errors[name] = text;
  }
  return errors;
}
