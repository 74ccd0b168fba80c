import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hueCount, hueOf, monogramOf } from "./hues";

describe("monogramOf", () => {
  it.each([
    ["ada", "AD"],
    ["grace.hopper", "GH"],
    ["j-von-neumann", "JV"],
    ["ada@example.org", "AD"],
    ["x", "X"],
    ["@", "@"],
    ["", "?"],
  ])("%s → %s", (username, monogram) => expect(monogramOf(username)).toBe(monogram));
});

describe("hueOf", () => {
  it("is the same for a name in any letter case", () => expect(hueOf("Ada")).toBe(hueOf("ada")));
  it("spreads a team over most hues", () => {
    const hues = new Set(Array.from({ length: 60 }, (_, i) => hueOf(`member${i}`)));
    expect(hues.size).toBeGreaterThanOrEqual(hueCount - 1);
  });
});

describe("contrast (WCAG 2.2, 1.4.3)", () => {
  const css = readFileSync("src/theme/tokens.css", "utf8");
  const blocks = [...css.matchAll(/([^{}]+)\{([^}]*)\}/g)].map(([, selector = "", body = ""]) => ({
    dark: selector.includes("dark"),
    values: new Map([...body.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, k = "", v = ""]) => [k, v])),
  }));
  const tokens = (dark: boolean) => new Map(blocks.filter((b) => b.dark === dark).flatMap((b) => [...b.values]));
  const luminance = (hex: string) =>
    [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
  const contrast = (a: string, b: string) => {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };

  for (const dark of [false, true]) {
    const of = tokens(dark);
    const inks = [...of.keys()].filter((name) => /^--(ink|hue|tone|accent$)/.test(name));
    it.each(inks)(`${dark ? "dark" : "light"}: %s is readable on every paper`, (name) => {
      for (const paper of ["--paper", "--paper-sunk", "--paper-hover"]) {
        expect(contrast(of.get(name) ?? "", of.get(paper) ?? ""), paper).toBeGreaterThanOrEqual(4.5);
      }
    });
    it(`${dark ? "dark" : "light"}: text on the accent is readable`, () =>
      expect(contrast(of.get("--on-accent") ?? "", of.get("--accent") ?? "")).toBeGreaterThanOrEqual(4.5));
  }
});
