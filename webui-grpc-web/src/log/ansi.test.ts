import { expect, test } from "vitest";
import { parse, styleAfter } from "./ansi";
import { PLAIN, type Style } from "./sgr";

const CSI = "\x1b[";

test.each<[string, string, [string, Style][]]>([
  ["plain", "hello", [["hello", {}]]],
  ["empty", "", []],
  [
    "red and back",
    `a${CSI}31mb${CSI}0mc`,
    [
      ["a", {}],
      ["b", { fg: 1 }],
      ["c", {}],
    ],
  ],
  [
    "no parameter is a reset",
    `${CSI}1mb${CSI}mc`,
    [
      ["b", { bold: true }],
      ["c", {}],
    ],
  ],
  ["bright", `${CSI}91;102mx`, [["x", { fg: 9, bg: 10 }]]],
  ["256: one of the 16", `${CSI}38;5;9mx`, [["x", { fg: 9 }]]],
  ["256: the cube", `${CSI}38;5;208mx`, [["x", { fg: "rgb(255 135 0)" }]]],
  ["256: grey", `${CSI}48;5;232mx`, [["x", { bg: "rgb(8 8 8)" }]]],
  ["truecolour", `${CSI}38;2;1;2;3;1mx`, [["x", { fg: "rgb(1 2 3)", bold: true }]]],
  ["truecolour with colons", `${CSI}38:2::1:2:3;4mx`, [["x", { fg: "rgb(1 2 3)", underline: true }]]],
  ["truecolour with colons, short", `${CSI}38:2:1:2:3mx`, [["x", { fg: "rgb(1 2 3)" }]]],
  ["out of range", `${CSI}38;5;999mx`, [["x", {}]]],
  [
    "curly underline and none",
    `${CSI}4:3ma${CSI}4:0mb`,
    [
      ["a", { underline: true }],
      ["b", {}],
    ],
  ],
  [
    "switches",
    `${CSI}1;2;3;4;7;9ma${CSI}22;23;24;27;29mb`,
    [
      ["a", { bold: true, dim: true, italic: true, underline: true, inverse: true, strike: true }],
      ["b", {}],
    ],
  ],
  [
    "default colours",
    `${CSI}31;42ma${CSI}39mb${CSI}49mc`,
    [
      ["a", { fg: 1, bg: 2 }],
      ["b", { bg: 2 }],
      ["c", {}],
    ],
  ],
  ["cursor movements are dropped", `a${CSI}2Kb${CSI}1;1Hc${CSI}?25ld`, [["abcd", {}]]],
  ["private m is no colour", `${CSI}>4;2mx`, [["x", {}]]],
  ["a title is dropped", "\x1b]0;title\x07x", [["x", {}]]],
  ["a link is its text", "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\!", [["click!", {}]]],
  ["what does not end is shown", "\x1b]0;never ended", [["0;never ended", {}]]],
  ["device control is dropped", "\x1bPq#0\x1b\\x", [["x", {}]]],
  ["a character set is dropped", "\x1b(Bx\x1b=y", [["xy", {}]]],
  ["8-bit introducers", "\u009b31mx\u009d0;t\x07y", [["xy", { fg: 1 }]]],
  ["cut off sequences", `x${CSI}31`, [["x", {}]]],
  ["a lone escape", "x\x1b", [["x", {}]]],
  ["control characters become visible", "a\x00b\x7fc\td", [["a^@b^?c\td", {}]]],
  ["bells and backspaces do not", "a\x07b\b\bc\u0085", [["abc", {}]]],
  ["line separators cannot break a line", "a\u2028b", [["a^Jb", {}]]],
  ["markup is text", "<b>&amp;</b>", [["<b>&amp;</b>", {}]]],
])("%s", (_, line, expected) => {
  expect(parse(line).segments.map(({ text, style }) => [text, style])).toEqual(expected);
  expect(styleAfter(line.replace(/[\u009b]/g, "\x1b["), PLAIN)).toEqual(parse(line).end);
});

test("a carriage return writes over the line, in the style that went on", () => {
  const line = `${CSI}32m 10%\r 55%\r100%`;
  expect(parse(line)).toMatchObject({ overwritten: 2, segments: [{ text: "100%", style: { fg: 2 } }] });
  expect(parse(line, PLAIN, true).segments).toMatchObject([{ text: " 10%^M 55%^M100%", style: { fg: 2 } }]);
});

test("a line starts with the style of the one before", () => {
  const { end } = parse(`${CSI}1;35mx`);
  expect(parse("y", end).segments).toEqual([{ text: "y", style: { bold: true, fg: 5 } }]);
});

test("sixty-four KiB of escapes take no time to speak of", () => {
  const line = `${CSI}31m`.repeat(13_000);
  const before = performance.now();
  expect(parse(line).segments).toEqual([]);
  parse("\x1b]".repeat(32_000));
  parse("\u009d".repeat(64_000));
  parse(`${CSI}1;`.repeat(16_000));
  expect(performance.now() - before).toBeLessThan(1000);
});
