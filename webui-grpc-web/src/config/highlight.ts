// Which part of a YAML file is what, for colours. The lexer of the parser that reads it anyway.

import { CST, Lexer } from "yaml";

export type Kind = "key" | "text" | "literal" | "comment" | "mark" | "space";

export interface Span {
  text: string;
  kind: Kind;
}

/** The whole text in pieces, in order. */
export function highlight(text: string): Span[] {
  const spans: Span[] = [];
  let plain = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    if (type === "scalar" || type === "doc-mode" || type === "flow-error-end") {
      // The lexer's own signs: they stand for nothing in the text.
      plain = type === "scalar";
    } else {
      const kind = plain ? kindOfPlain(lexeme) : kindOf(type);
      if (type === "map-value-ind") {
        markKey(spans);
      }
      spans.push({ text: lexeme, kind });
      plain = false;
    }
  }
  return spans;
}

/** What stands before a colon is a key. */
function markKey(spans: Span[]): void {
  const key = spans.findLast(({ kind }) => kind !== "space");
  if (key !== undefined && (key.kind === "text" || key.kind === "literal")) {
    key.kind = "key";
  }
}

function kindOfPlain(text: string): Kind {
  return /^(true|false|null|~|[-+]?[\d.][\w.]*)$/i.test(text) ? "literal" : "text";
}

function kindOf(type: CST.TokenType | null): Kind {
  switch (type) {
    case "comment":
    case "directive-line":
      return "comment";
    case "space":
    case "newline":
    case "byte-order-mark":
      return "space";
    case "single-quoted-scalar":
    case "double-quoted-scalar":
    case null:
      return "text";
    default:
      return "mark";
  }
}
