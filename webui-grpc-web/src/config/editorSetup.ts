// What the editor of configuration files can do. CodeMirror's styles are given the page's nonce, so that the CSP takes them.

import {
  autocompletion,
  type CompletionContext,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yamlLanguage } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";
import { styleNonce } from "../theme/nonce";
import { choicesAt } from "./complete";
import syntax from "./syntax.module.css";

/** The same classes as the view's. */
const highlighter = tagHighlighter([
  { tag: tags.propertyName, class: syntax.key ?? "" },
  { tag: tags.definition(tags.propertyName), class: syntax.key ?? "" },
  { tag: [tags.content, tags.string], class: syntax.text ?? "" },
  { tag: [tags.labelName, tags.typeName, tags.keyword], class: syntax.literal ?? "" },
  { tag: tags.comment, class: syntax.comment ?? "" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace, tags.meta], class: syntax.mark ?? "" },
]);

/** All colours are our variables', which are those of light or dark by themselves. */
const theme = EditorView.theme({
  "&": { backgroundColor: "var(--paper)", color: "var(--ink)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-content, .cm-gutter": { minHeight: "320px" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": {
    backgroundColor: "var(--paper-sunk)",
    color: "var(--ink-3)",
    border: "none",
    borderRight: "1px solid var(--line)",
  },
  ".cm-gutter-lint": { width: "16px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0 0 3px" },
  ".cm-lint-marker": { width: "10px", height: "10px", marginTop: "5px" },
  ".cm-lint-marker-error": { content: "none", borderRadius: "50%", backgroundColor: "var(--tone-bad)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy 1px var(--tone-bad)",
    textUnderlineOffset: "3px",
  },
  ".cm-lintPoint-error::after": { borderBottomColor: "var(--tone-bad)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-wash)", outline: "1px solid var(--accent)" },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "6px",
    backgroundColor: "var(--paper)",
    color: "var(--ink)",
    boxShadow: "var(--shadow)",
    fontFamily: "var(--font)",
    overflow: "hidden",
  },
  ".cm-diagnostic": { padding: "6px 12px" },
  ".cm-diagnostic-error": { borderLeft: "2px solid var(--tone-bad)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "280px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    gap: "16px",
    padding: "3px 12px",
    lineHeight: "20px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-wash)",
    color: "var(--ink)",
  },
  ".cm-completionDetail": {
    marginLeft: "auto",
    color: "var(--ink-3)",
    fontFamily: "var(--font)",
    fontStyle: "normal",
    overflow: "hidden",
    textOverflow: "ellipsis",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-placeholder": { color: "var(--ink-3)" },
});

interface Options {
  label: string;
  placeholder: string;
  /** The pools to choose from, when they are asked for. */
  pools: () => readonly string[];
  onChange: (text: string) => void;
}

export function editorExtensions(options: Options): Extension {
  const complete = (context: CompletionContext) => {
    const found = choicesAt(context.state.doc.toString(), context.pos, options.pools());
    if (
      found === undefined ||
      (!context.explicit && found.from === context.pos && context.pos !== context.state.doc.lineAt(context.pos).to)
    ) {
      return null;
    }
    const choices = found.choices.map(({ label, detail, insert }, i) => ({ label, detail, apply: insert, boost: -i }));
    return { from: found.from, options: choices, validFor: /^\w*$/ };
  };
  return [
    EditorView.cspNonce.of(styleNonce ?? ""),
    EditorView.contentAttributes.of({
      "aria-label": options.label,
      "aria-description": "Escape, then Tab leaves the editor.",
      autocorrect: "off",
      autocapitalize: "off",
      spellcheck: "false",
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.onChange(update.state.doc.toString());
    }),
    EditorState.tabSize.of(2),
    indentUnit.of("  "),
    history(),
    drawSelection(),
    lineNumbers(),
    lintGutter(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ override: [complete], icons: false }),
    yamlLanguage,
    syntaxHighlighting(highlighter),
    placeholder(options.placeholder),
    EditorView.lineWrapping,
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, indentWithTab, ...defaultKeymap]),
    theme,
  ];
}
