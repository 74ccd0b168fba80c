import { useEffect, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import { useFilterKey } from "../../components/useFilterKey";
import classes from "./Filters.module.css";

interface Props {
  value: string;
  onChange: (text: string) => void;
}

/** How long somebody pauses between words, in milliseconds. */
const pause = 250;

/** The text in descriptions that the list is narrowed by. */
export function TextFilter({ value, onChange }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const field = useRef<HTMLInputElement>(null);
  useFilterKey(field);

  // It changed elsewhere: by Back, or by a button that clears the filter.
  if (value !== told.current) {
    told.current = value;
    if (text.trim() !== value) setText(value);
  }

  useEffect(() => {
    const wanted = text.trim().slice(0, 256);
    if (wanted === told.current) return;
    const timer = setTimeout(() => {
      told.current = wanted;
      onChange(wanted);
    }, pause);
    return () => clearTimeout(timer);
  }, [text, onChange]);

  return (
    <div className={classes.text}>
      <Icon name="search" size={14} />
      <input
        ref={field}
        type="search"
        className={classes.input}
        placeholder="Filter by description"
        aria-label="Filter by description"
        aria-keyshortcuts="/"
        maxLength={256}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (text) setText("");
          else event.currentTarget.blur();
        }}
      />
      <kbd className={classes.slash} aria-hidden>
        /
      </kbd>
    </div>
  );
}
