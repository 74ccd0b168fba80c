import { useRouter } from "@tanstack/react-router";
import {
  type KeyboardEvent as ReactKeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { isTyping } from "../shell/keys";
import { moved, toggled } from "./table";

interface Options<Row> {
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  href: ((row: Row) => string) | undefined;
  selection: ReadonlySet<string> | undefined;
  onSelection: ((selection: ReadonlySet<string>) => void) | undefined;
  scroller: RefObject<HTMLElement | null>;
  /** Whether the keys work while nothing has the focus. */
  everywhere: boolean;
  /** How many rows a page key moves. */
  page: number;
  /** Brings a row into view. */
  show: (index: number) => void;
}

/**
 * Walking, opening and selecting a table's rows, by keyboard and pointer. Its functions stay the same ones, so that rows
 * need not render anew.
 */
export function useTableKeys<Row>(options: Options<Row>) {
  const now = useRef(options);
  now.current = options;
  const [active, setActive] = useState<string>();
  const activeNow = useRef(active);
  activeNow.current = active;
  const wantsFocus = useRef(false);
  const anchor = useRef<number>(undefined);
  const router = useRouter();

  // A row far away is in the DOM only after the scrolling: whenever it comes, it gets the focus.
  useEffect(() => {
    if (!wantsFocus.current || active === undefined) return;
    const row = now.current.scroller.current?.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(active)}"]`);
    if (!row) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: now.current.everywhere });
  });

  const open = useCallback(
    (index: number, newTab: boolean) => {
      const row = now.current.rows[index];
      const to = row === undefined ? undefined : now.current.href?.(row);
      if (to === undefined) return;
      if (newTab) window.open(to, "_blank", "noopener");
      else router.history.push(to);
    },
    [router],
  );

  const toggle = useCallback((index: number, range: boolean) => {
    const { rows, rowKey, selection, onSelection } = now.current;
    if (!selection || !onSelection) return;
    onSelection(toggled(selection, rows.map(rowKey), index, range ? anchor.current : undefined));
    anchor.current = index;
  }, []);

  const toggleAll = useCallback(() => {
    const { rows, rowKey, selection, onSelection } = now.current;
    onSelection?.(selection && selection.size > 0 ? new Set() : new Set(rows.map(rowKey)));
  }, []);

  const onKey = useCallback(
    (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return;
      const { rows, rowKey, page, show, selection, onSelection } = now.current;
      const at = rows.findIndex((row) => rowKey(row) === activeNow.current);
      const to = moved(event.key, at, rows.length, page);
      const onRow = !(event.target instanceof Element && event.target.closest("a, button, input, label"));
      if (to !== undefined) {
        const row = rows[to];
        if (row === undefined) return;
        event.preventDefault();
        wantsFocus.current = true;
        setActive(rowKey(row));
        show(to);
      } else if (event.key === "Enter" && onRow && at >= 0) {
        event.preventDefault();
        open(at, false);
      } else if (event.key === "x" && at >= 0 && selection) {
        event.preventDefault();
        toggle(at, event.shiftKey);
      } else if (event.key === "Escape" && selection && selection.size > 0) {
        onSelection?.(new Set());
      }
    },
    [open, toggle],
  );

  const { everywhere } = options;
  useEffect(() => {
    if (!everywhere) return;
    const listener = (event: KeyboardEvent) => {
      if (event.target === document.body || event.target === document.querySelector("main")) onKey(event);
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, [everywhere, onKey]);

  const onKeyDown = useCallback((event: ReactKeyboardEvent) => onKey(event.nativeEvent), [onKey]);
  return { active, setActive, open, toggle, toggleAll, onKeyDown };
}
