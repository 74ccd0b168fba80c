import { explain, violationsOf } from "../api/errors";
import classes from "./FormError.module.css";

/** What went wrong with a form, unless all of it stands at the form's fields already. */
export function FormError({ error, fields = [] }: { error: unknown; fields?: readonly string[] }) {
  if (error === null || error === undefined) return null;
  const violations = [...violationsOf(error).keys()];
  if (violations.length > 0 && violations.every((field) => fields.includes(field))) return null;
  const { title, detail } = explain(error);
  return (
    <div role="alert" className={classes.error}>
      <strong>{title}</strong>
      {detail !== undefined && detail !== "" && <span>{detail}</span>}
    </div>
  );
}
