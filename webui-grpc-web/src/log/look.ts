import type { CSSProperties } from "react";
import type { Colour, Style } from "./sgr";

/** How a style is drawn. */
export interface Look {
  /** Names of classes in `Line.module.css`. */
  readonly classes: readonly string[];
  readonly css: CSSProperties;
}

/** A terminal's 16 colours where they stand on one another: the program chose both, for each other. */
const ON_COLOUR: readonly string[] = [
  "#000000",
  "#b3261e",
  "#2a7f3a",
  "#a86f00",
  "#2457b8",
  "#8a3aa0",
  "#0f7685",
  "#d6dbe0",
  "#59636d",
  "#e5534b",
  "#57b567",
  "#e3b341",
  "#5c9ded",
  "#c07be0",
  "#4fb8c9",
  "#ffffff",
];

const FLAGS = ["bold", "dim", "italic", "underline", "strike"] as const;

const known = new WeakMap<Style, Look>();

/** How a style is drawn. On the page's own ground the theme's colours are used, which can be read on it. */
export function lookOf(style: Style): Look {
  let look = known.get(style);
  if (look === undefined) {
    const classes: string[] = FLAGS.filter((flag) => style[flag]);
    const { cls, css } = colours(style);
    look = { classes: cls === undefined ? classes : [...classes, cls], css };
    known.set(style, look);
  }
  return look;
}

function colours({ fg, bg, inverse }: Style): { cls?: string; css: CSSProperties } {
  if (bg !== undefined && fg !== undefined) {
    const [ink, ground] = inverse ? [bg, fg] : [fg, bg];
    return { css: { color: fixed(ink), backgroundColor: fixed(ground) } };
  }
  if (inverse) {
    const ground = fg ?? bg;
    if (ground === undefined) return { cls: "inverse", css: {} };
    return typeof ground === "number"
      ? { cls: "inverse", css: { backgroundColor: themed(ground) } }
      : { css: { backgroundColor: ground, color: readableOn(ground) } };
  }
  if (bg !== undefined) return { css: { backgroundColor: fixed(bg), color: readableOn(fixed(bg)) } };
  if (typeof fg === "number") return { css: { color: themed(fg) } };
  // Dark and light themes bring it to where it can be read.
  if (fg !== undefined) return { cls: "rgb", css: { "--rgb": fg } as CSSProperties };
  return { css: {} };
}

function themed(colour: number): string {
  return `var(--ansi-${colour})`;
}

function fixed(colour: Colour): string {
  return typeof colour === "number" ? (ON_COLOUR[colour] ?? "#000000") : colour;
}

/** Black or white, whichever has the greater contrast (WCAG 2, relative luminance). */
export function readableOn(colour: string): string {
  const [r = 0, g = 0, b = 0] = channels(colour).map((v) => {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

function channels(colour: string): number[] {
  const hex = /^#(..)(..)(..)$/.exec(colour);
  if (hex !== null) return hex.slice(1).map((part) => Number.parseInt(part, 16));
  return [...colour.matchAll(/\d+/g)].map(([part]) => Number(part));
}
