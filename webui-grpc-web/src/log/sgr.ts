/** A colour: one of a terminal's 16, or any other as CSS has it. */
export type Colour = number | string;

/** How text looks, as a terminal has it after "select graphic rendition" (ECMA-48, 8.3.117). */
export interface Style {
  readonly fg?: Colour;
  readonly bg?: Colour;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly strike?: true;
  readonly inverse?: true;
}

export const PLAIN: Style = {};

/** The style after a sequence with these parameters, as `1;38;5;208`. What is not known changes nothing. */
export function select(style: Style, parameters: string): Style {
  const codes = parameters.split(";");
  let now: Style = style;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? "";
    const [head = "", ...sub] = code.split(":");
    const n = head === "" ? 0 : Number(head);
    if (n === 38 || n === 48) {
      // With colons all of a colour is one parameter; with semicolons it goes on in the next ones.
      const [colour, used] = sub.length > 0 ? [colonColour(sub), 0] : semicolonColour(codes.slice(i + 1));
      i += used;
      if (colour !== undefined) now = n === 38 ? { ...now, fg: colour } : { ...now, bg: colour };
    } else if (n === 4 && sub[0] === "0") {
      now = without(now, "underline");
    } else {
      now = selectOne(now, n);
    }
  }
  return now;
}

function selectOne(style: Style, n: number): Style {
  if (n >= 30 && n <= 37) return { ...style, fg: n - 30 };
  if (n >= 40 && n <= 47) return { ...style, bg: n - 40 };
  if (n >= 90 && n <= 97) return { ...style, fg: n - 82 };
  if (n >= 100 && n <= 107) return { ...style, bg: n - 92 };
  switch (n) {
    case 0:
      return PLAIN;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
    case 21:
      return { ...style, underline: true };
    case 7:
      return { ...style, inverse: true };
    case 9:
      return { ...style, strike: true };
    case 22:
      return without(style, "bold", "dim");
    case 23:
      return without(style, "italic");
    case 24:
      return without(style, "underline");
    case 27:
      return without(style, "inverse");
    case 29:
      return without(style, "strike");
    case 39:
      return without(style, "fg");
    case 49:
      return without(style, "bg");
    default:
      return style;
  }
}

function without(style: Style, ...names: (keyof Style)[]): Style {
  const rest: { -readonly [K in keyof Style]: Style[K] } = { ...style };
  for (const name of names) delete rest[name];
  return rest;
}

/** After `38;`: `5;N` or `2;R;G;B`. The colour, and how many parameters it took. */
function semicolonColour([mode, ...rest]: string[]): [Colour | undefined, number] {
  if (mode === "5") return [indexed(rest[0]), 2];
  if (mode === "2") return [rgb(rest.slice(0, 3)), 4];
  return [undefined, 1];
}

/** After `38:`: `5:N`, `2:R:G:B`, or `2:SPACE:R:G:B` (ITU T.416). */
function colonColour([mode, ...rest]: string[]): Colour | undefined {
  if (mode === "5") return indexed(rest[0]);
  if (mode === "2") return rgb(rest.length > 3 ? rest.slice(1, 4) : rest);
  return undefined;
}

function indexed(text: string | undefined): Colour | undefined {
  const n = byte(text);
  if (n === undefined || n < 16) return n;
  if (n >= 232) {
    const grey = 8 + (n - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  // xterm's cube of 6 × 6 × 6.
  const level = (v: number) => (v === 0 ? 0 : 55 + v * 40);
  const v = n - 16;
  return `rgb(${level(Math.floor(v / 36))} ${level(Math.floor(v / 6) % 6)} ${level(v % 6)})`;
}

function rgb(parts: (string | undefined)[]): Colour | undefined {
  const [r, g, b] = [byte(parts[0]), byte(parts[1]), byte(parts[2])];
  return r === undefined || g === undefined || b === undefined ? undefined : `rgb(${r} ${g} ${b})`;
}

function byte(text: string | undefined): number | undefined {
  const n = text === "" ? 0 : Number(text);
  return Number.isInteger(n) && n >= 0 && n <= 255 ? n : undefined;
}
