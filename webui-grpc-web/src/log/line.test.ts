import { describe, expect, test } from "vitest";
import type { Entry, Source } from "./entry";
import { carryAfter, continues, lineOf, NO_CARRY, plainOf, SHOWN_LENGTH, startStyle, textOf } from "./line";
import { PLAIN } from "./sgr";

const bytes = (text: string) => new TextEncoder().encode(text);
const entry = (text: string, source: Source = "stdout"): Entry => ({ offset: 0, time: 0, source, data: bytes(text) });

test.each([
  ["a newline is no part of the line", bytes("one\n"), "one"],
  ["nor is that of Windows", bytes("one\r\n"), "one"],
  ["a line may lack it", bytes("one"), "one"],
  ["only the last one counts", bytes("one\n\n"), "one\n"],
  ["what is not UTF-8 is replaced", new Uint8Array([0x61, 0xff, 0xc3, 0x62, 0x0a]), "a\ufffd\ufffdb"],
  ["half a character at the end", new Uint8Array([0x61, 0xe2, 0x82]), "a\ufffd"],
  ["empty", bytes("\n"), ""],
])("%s", (_, data, text) => {
  expect(textOf(data)).toBe(text);
});

describe("a line as it is shown", () => {
  test("is cut where it is very long, and whole on request", () => {
    const long = entry(`${"x".repeat(SHOWN_LENGTH + 500)}\n`);
    const shown = lineOf(long, PLAIN);
    expect(shown.cut).toBe(500);
    expect(shown.segments[0]?.text).toHaveLength(SHOWN_LENGTH);
    expect(lineOf(long, PLAIN, true)).toMatchObject({ cut: 0, segments: [{ text: "x".repeat(SHOWN_LENGTH + 500) }] });
  });

  test("is not cut within a character", () => {
    const shown = lineOf(entry(`${"x".repeat(SHOWN_LENGTH - 1)}😀y`), PLAIN);
    expect(shown.segments[0]?.text).toBe("x".repeat(SHOWN_LENGTH - 1));
    expect(shown.cut).toBe(3);
  });

  test("is what a progress bar came to", () => {
    const bar = entry("\r 10%\r 50%\r100%\n", "stderr");
    expect(lineOf(bar, PLAIN)).toMatchObject({ overwritten: 3, segments: [{ text: "100%" }] });
    expect(lineOf(bar, PLAIN, true).segments[0]?.text).toBe("^M 10%^M 50%^M100%");
    expect(plainOf(bar)).toBe("100%");
  });
});

test("each stream goes on with its own style, and PEDL's entries have none", () => {
  let carry = carryAfter(NO_CARRY, entry("\x1b[31mred\n"));
  carry = carryAfter(carry, entry("\x1b[1mbold\n", "stderr"));
  carry = carryAfter(carry, entry("\x1b[32mx\n", "system"));
  expect(startStyle(carry, entry("a"))).toEqual({ fg: 1 });
  expect(startStyle(carry, entry("a", "stderr"))).toEqual({ bold: true });
  expect(startStyle(carry, entry("a", "system"))).toEqual({});
  expect(carryAfter(carry, entry("plain\n"))).toBe(carry);
});

test.each<[string, Entry | undefined, Entry, boolean]>([
  ["after a whole line", entry("a\n"), entry("b"), false],
  ["after a piece", entry("a"), entry("b"), true],
  ["after a piece of the other stream", entry("a", "stderr"), entry("b"), false],
  ["first", undefined, entry("b"), false],
])("an entry goes on with the one before it: %s", (_, before, now, expected) => {
  expect(continues(before, now)).toBe(expected);
});
