import { describe, expect, test } from "vitest";
import { argvFrom, programFrom, quoteWords, splitWords, withShell } from "./words";

describe("splitWords", () => {
  test.each([
    ["", []],
    ["  \t\n ", []],
    ["nvidia-smi", ["nvidia-smi"]],
    ["python train.py  --lr 0.1\n", ["python", "train.py", "--lr", "0.1"]],
    ["a 'b c' d", ["a", "b c", "d"]],
    ["a''b '' \"\"", ["ab", "", ""]],
    ["'a\\b' \"a\\b\" a\\b", ["a\\b", "a\\b", "ab"]],
    ['"\\$x \\` \\" \\\\ \\n"', ['$x ` " \\ \\n']],
    ["a\\ b \\'", ["a b", "'"]],
    ["sh -c 'echo '\\''a'\\'' $B' '' x=1", ["sh", "-c", "echo 'a' $B", "", "x=1"]],
    ["python \\\n  train.py", ["python", "train.py"]],
    ['"a\\\nb"', ["ab"]],
    ["'a\nb'", ["a\nb"]],
    ["echo é 🙂", ["echo", "é", "🙂"]],
  ])("%j", (line, words) => expect(splitWords(line).words).toEqual(words));

  test.each([
    ["echo 'a", "a single quote (') is not closed"],
    ['echo "a', 'a double quote (") is not closed'],
    ['echo "a\\"', 'a double quote (") is not closed'],
    ["echo \\", "ends with a backslash: write \\\\ for one"],
  ])("%j is not finished", (line, problem) => expect(splitWords(line)).toEqual({ problem }));

  test.each([
    ["python train.py | tee log", ["|"]],
    ["echo $HOME $1", ["$HOME", "$1"]],
    ['echo "$HOME" "\\$HOME" \'$HOME\' \\$HOME', ["$HOME"]],
    ["a && b; c", ["&", ";"]],
    ["ls *.py ~/x", ["*", "~"]],
    ["ls 'a*' a\\* a~b a#b", []],
    ["cd /data\npython x", ["a new line"]],
    ["echo 5$ a=b --x=y", []],
  ])("%j has what a shell acts on", (line, shellSyntax) => {
    const split = splitWords(line);
    expect(split.problem === undefined && split.shellSyntax).toEqual(shellSyntax);
  });
});

test("quoted words are read as they were", () => {
  const letters = ["a", "Z", " ", "'", '"', "\\", "$", "\n", "\t", "`", "é", "🙂", "=", "|", "*", "-"];
  // A small generator of pseudo-random numbers, so that a failure is there again.
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  for (let round = 0; round < 2000; round++) {
    const words = Array.from({ length: next(5) }, () =>
      Array.from({ length: next(8) }, () => letters[next(letters.length)]).join(""),
    );
    const line = quoteWords(words);
    expect(splitWords(line), line).toEqual({ words, shellSyntax: [] });
    const free = Array.from({ length: next(20) }, () => letters[next(letters.length)]).join("");
    const split = splitWords(free);
    if (split.words !== undefined) {
      expect(splitWords(quoteWords(split.words)).words, free).toEqual(split.words);
    }
  }
});

test("a program is words, or a script", () => {
  expect(programFrom(["python", "a b"])).toEqual({ inShell: false, text: "python 'a b'" });
  expect(programFrom(["sh", "-c", "a\nb"])).toEqual({ inShell: true, text: "a\nb" });
  expect(programFrom(["sh", "-c", "a", "b"])).toEqual({ inShell: false, text: "sh -c a b" });
  for (const argv of [["ls"], ["sh", "-c", "a | b"], ["bash", "-c", "a | b"], ["sh", "-c"], []]) {
    expect(argvFrom(programFrom(argv))).toEqual(argv);
  }
});

test("switching the shell keeps what was typed", () => {
  expect(withShell({ inShell: false, text: "a | b" }, true)).toEqual({ inShell: true, text: "a | b" });
  expect(withShell({ inShell: true, text: "a | b" }, false)).toEqual({ inShell: false, text: "a | b" });
  expect(withShell({ inShell: true, text: "cd x\nls" }, false)).toEqual({ inShell: false, text: "sh -c 'cd x\nls'" });
  expect(withShell({ inShell: false, text: "sh -c 'cd x\nls'" }, true)).toEqual({ inShell: true, text: "cd x\nls" });
  expect(withShell({ inShell: true, text: "it's" }, false)).toEqual({ inShell: false, text: "sh -c 'it'\\''s'" });
});
