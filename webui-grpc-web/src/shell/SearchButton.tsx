import { Icon } from "../components/Icon";
import { overlay } from "./open";
import classes from "./SearchButton.module.css";

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Opens the palette, and tells the keys that do. */
export function SearchButton() {
  return (
    <button
      type="button"
      className={classes.root}
      onClick={() => overlay.set("palette")}
      aria-keyshortcuts="Control+K Meta+K"
    >
      <Icon name="search" size={14} />
      <span className={classes.text}>Search or go to…</span>
      <kbd className={classes.keys} aria-hidden>
        {mac ? "⌘K" : "Ctrl K"}
      </kbd>
    </button>
  );
}
