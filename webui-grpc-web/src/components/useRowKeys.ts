import { type RefObject, useEffect } from "react";
import { isTyping } from "../shell/keys";

/** Marks what of a row takes the focus: `<button {...rowKey}>`. */
export const rowKey = { "data-row-key": "" };

/** Lets j, k and the arrows go from row to row of a list; Enter is the focused button's or link's own. */
export function useRowKeys(list: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.shiftKey || isTyping(event)) return;
      const step = stepOf(event.key);
      if (step === 0 || list.current === null) return;
      const rows = [...list.current.querySelectorAll<HTMLElement>("[data-row-key]")];
      const at = document.activeElement instanceof HTMLElement ? rows.indexOf(document.activeElement) : -1;
      const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))];
      // Arrows scroll the page until the list has the focus.
      if (next === undefined || (at < 0 && event.key.startsWith("Arrow"))) return;
      event.preventDefault();
      next.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [list]);
}

function stepOf(key: string): number {
  if (key === "j" || key === "ArrowDown") return 1;
  return key === "k" || key === "ArrowUp" ? -1 : 0;
}
