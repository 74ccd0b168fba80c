import { expect, test } from "vitest";
import { mark } from "./marks";
import { PLAIN } from "./sgr";

const RED = { fg: 1 };

test.each<[string, [string, object][], string, string[]]>([
  ["nothing", [["hello", PLAIN]], "x", ["hello"]],
  ["no text", [["hello", PLAIN]], "", ["hello"]],
  ["in the middle", [["hello", PLAIN]], "ll", ["he", "[ll]", "o"]],
  ["in any letter case", [["Loss LOSS", PLAIN]], "loss", ["[Loss]", " ", "[LOSS]"]],
  ["of ASCII only", [["Ä ä", PLAIN]], "ä", ["Ä ", "[ä]"]],
  ["all", [["abab", PLAIN]], "ab", ["[ab]", "[ab]"]],
  [
    "across colours",
    [
      ["ab", PLAIN],
      ["cd", RED],
      ["ef", PLAIN],
    ],
    "bcde",
    ["a", "[b]", "[cd]", "[e]", "f"],
  ],
  ["not overlapping", [["aaa", PLAIN]], "aa", ["[aa]", "a"]],
  ["a letter that grows in lower case", [["İx", PLAIN]], "x", ["İ", "[x]"]],
])("%s", (_, segments, text, expected) => {
  const marked = mark(
    segments.map(([text, style]) => ({ text, style })),
    text,
  );
  expect(marked.map(({ text, found }) => (found ? `[${text}]` : text))).toEqual(expected);
});
