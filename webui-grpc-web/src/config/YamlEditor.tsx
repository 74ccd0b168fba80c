import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { type RefObject, useEffect, useImperativeHandle, useRef } from "react";
import { editorExtensions } from "./editorSetup";
import classes from "./YamlEditor.module.css";

/** Something to put right, and where. */
export interface Mark {
  from: number;
  to: number;
  message: string;
}

export interface EditorHandle {
  /** Puts the cursor at a place. */
  goTo(at: number): void;
}

interface Props {
  value: string;
  onChange: (text: string) => void;
  marks: readonly Mark[];
  pools: readonly string[];
  label: string;
  placeholder: string;
  handle?: RefObject<EditorHandle | null>;
}

/** Edits a configuration file. */
export default function YamlEditor({ value, onChange, marks, pools, label, placeholder, handle }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, pools, value });
  latest.current = { onChange, pools, value };

  useEffect(() => {
    if (parent.current === null) return;
    const extensions = editorExtensions({
      label,
      placeholder,
      pools: () => latest.current.pools,
      onChange: (text) => latest.current.onChange(text),
    });
    const editor = new EditorView({
      parent: parent.current,
      state: EditorState.create({ doc: latest.current.value, extensions }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [label, placeholder]);

  // What was typed here comes back as it is; anything else was changed elsewhere.
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const { length } = editor.state.doc;
    const inside = marks.filter(({ from, to }) => from >= 0 && to <= length);
    const diagnostics = inside.map((mark) => ({ ...mark, severity: "error" as const }));
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [marks]);

  useImperativeHandle(handle, () => ({
    goTo(at) {
      const editor = view.current;
      if (editor === null) return;
      const anchor = Math.min(at, editor.state.doc.length);
      editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      editor.focus();
    },
  }));

  return <div ref={parent} className={classes.root} />;
}
