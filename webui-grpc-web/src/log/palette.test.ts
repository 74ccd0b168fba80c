import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lookOf, readableOn } from "./look";

const css = readFileSync("src/log/ansi.css", "utf8");

describe.each([
  ["light", css.slice(0, css.indexOf('"dark"'))],
  ["dark", css.slice(css.indexOf('"dark"'))],
])("the %s theme's 16 colours", (_, text) => {
  const colours = [...text.matchAll(/--ansi-(\w+): (#\w{6});/g)].map(([, name = "", value = ""]) => [name, value]);
  const ground = colours.find(([name]) => name === "ground")?.[1] ?? "";

  test("are all there", () => expect(colours).toHaveLength(17));

  test.each(colours.filter(([name]) => name !== "ground"))("%s can be read", (_, value) => {
    expect(contrast(value ?? "", ground)).toBeGreaterThanOrEqual(4.5);
  });
});

test.each([
  ["a theme's colour on the page's ground", { fg: 1 }, [], { color: "var(--ansi-1)" }],
  ["the program's own on its own ground", { fg: 15, bg: 1 }, [], { color: "#ffffff", backgroundColor: "#b3261e" }],
  ["swapped", { fg: 15, bg: 1, inverse: true }, [], { color: "#b3261e", backgroundColor: "#ffffff" }],
  [
    "what can be read on a ground",
    { bg: "rgb(255 255 0)" },
    [],
    { color: "#000000", backgroundColor: "rgb(255 255 0)" },
  ],
  ["inverse", { inverse: true }, ["inverse"], {}],
  ["inverse in colour", { inverse: true, fg: 2 }, ["inverse"], { backgroundColor: "var(--ansi-2)" }],
  ["any colour, fitted to the theme", { fg: "rgb(1 2 3)", bold: true }, ["bold", "rgb"], { "--rgb": "rgb(1 2 3)" }],
] as const)("%s", (_, style, classes, css) => {
  expect(lookOf(style)).toEqual({ classes, css });
});

test.each(["#b3261e", "#e3b341", "rgb(0 95 0)", "rgb(255 255 255)", "#59636d"])("text on %s can be read", (ground) => {
  expect(contrast(readableOn(ground), hex(ground))).toBeGreaterThanOrEqual(4.5);
});

function hex(colour: string): string {
  if (colour.startsWith("#")) return colour;
  return `#${[...colour.matchAll(/\d+/g)].map(([n]) => Number(n).toString(16).padStart(2, "0")).join("")}`;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const s = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
