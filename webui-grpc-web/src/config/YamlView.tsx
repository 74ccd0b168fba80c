import { useMemo } from "react";
import { CopyButton } from "../components/CopyButton";
import { highlight } from "./highlight";
import syntax from "./syntax.module.css";
import classes from "./YamlView.module.css";

interface Props {
  text: string;
  /** What it is, for assistive technology: `Configuration`. */
  label: string;
  /** What a copy has, where that is not what is shown. */
  copied?: string;
}

/** A YAML file to read and copy. */
export default function YamlView({ text, label, copied = text }: Props) {
  const spans = useMemo(() => highlight(text), [text]);
  return (
    <div className={classes.root}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard */}
      <section className={classes.text} tabIndex={0} aria-label={label}>
        <pre>
          {spans.map((span, i) =>
            span.kind === "space" ? (
              span.text
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: the pieces have no other identity
              <span key={i} className={syntax[span.kind]}>
                {span.text}
              </span>
            ),
          )}
        </pre>
      </section>
      <div className={classes.copy}>
        <CopyButton value={copied} label={`Copy: ${label.toLowerCase()}`} />
      </div>
    </div>
  );
}
