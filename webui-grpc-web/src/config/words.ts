// A program and its arguments on one line, as one types them into a shell after `pedl command run --`. Nothing is expanded.

import type { Asset } from "../gen/pedl/v1/asset_pb";

export type Split =
  | {
      words: string[];
      /** What a shell would act on and a program is given as it stands: `|`, `$HOME`, `*` and the like. */
      shellSyntax: string[];
      problem?: undefined;
    }
  | { words?: undefined; problem: string };

/** Splits a line into words by the quoting rules of POSIX's shell (XCU 2.2). */
export function splitWords(line: string): Split {
  const words: string[] = [];
  const shellSyntax = new Set<string>();
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (" \t\n\r".includes(c)) {
      if (c === "\n" && words.length > 0 && line.slice(i).trim() !== "") {
        shellSyntax.add("a new line");
      }
      if (word !== undefined) {
        words.push(word);
      }
      word = undefined;
    } else if (c === "\\") {
      i++;
      if (i >= line.length) {
        return { problem: "ends with a backslash: write \\\\ for one" };
      }
      // A backslash at the end of a line joins it with the next.
      if (line.charAt(i) !== "\n") {
        word = (word ?? "") + line.charAt(i);
      }
    } else if (c === "'") {
      const end = line.indexOf("'", i + 1);
      if (end === -1) {
        return { problem: "a single quote (') is not closed" };
      }
      word = (word ?? "") + line.slice(i + 1, end);
      i = end;
    } else if (c === '"') {
      const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(line.slice(i));
      if (quoted?.[1] === undefined) {
        return { problem: 'a double quote (") is not closed' };
      }
      addSyntax(shellSyntax, /(?<!\\)(?:\$[\w{(]+|`)/g, quoted[1]);
      word = (word ?? "") + quoted[1].replaceAll("\\\n", "").replace(/\\([$`"\\])/g, "$1");
      i += quoted[0].length - 1;
    } else {
      addSyntax(
        shellSyntax,
        word === undefined ? /^(?:[|&;<>()*?[~#]|\$[\w{(]+|`)/ : /^(?:[|&;<>()*?[]|\$[\w{(]+|`)/,
        line.slice(i),
      );
      word = (word ?? "") + c;
    }
  }
  if (word !== undefined) {
    words.push(word);
  }
  return { words, shellSyntax: [...shellSyntax] };
}

function addSyntax(found: Set<string>, pattern: RegExp, text: string): void {
  for (const match of pattern.global ? text.matchAll(pattern) : [pattern.exec(text)]) {
    if (match !== null) {
      found.add(match[0]);
    }
  }
}

/** Words as one would type them into a shell. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}

export function quoteWord(word: string): string {
  return /^[\w\-./=:,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The program of an asset and its arguments. */
export function argvOf(asset: Asset): string[] {
  return asset.spec.case === "command" ? asset.spec.value.argv : [];
}

/** A program as the form has it: words on a line, or a script for `sh -c`. */
export interface Program {
  inShell: boolean;
  text: string;
}

/** What is run. */
export function argvFrom(program: Program): string[] {
  return program.inShell ? ["sh", "-c", program.text] : (splitWords(program.text).words ?? []);
}

/** The program that is run so. */
export function programFrom(argv: readonly string[]): Program {
  const [shell, flag, script] = argv;
  if (shell === "sh" && flag === "-c" && argv.length === 3) {
    return { inShell: true, text: script ?? "" };
  }
  return { inShell: false, text: quoteWords(argv) };
}

/** The same text for a shell, or without one. */
export function withShell(program: Program, inShell: boolean): Program {
  const fromShell = program.inShell && !inShell;
  const oneLine = !program.text.trim().includes("\n") && splitWords(program.text).problem === undefined;
  if (fromShell && !oneLine) {
    return { inShell, text: quoteWords(argvFrom(program)) };
  }
  const back = programFrom(splitWords(program.text).words ?? []);
  return !program.inShell && inShell && back.inShell ? back : { inShell, text: program.text };
}
