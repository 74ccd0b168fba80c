import { expect, test } from "vitest";
import { highlight } from "./highlight";

test("each piece is told what it is", () => {
  const text = "# why\nimage: a b # c\n'slots': 2\nl: [x, {y: \"z\"}]\nb: |\n  one\n  two\n- ~\n";
  const spans = highlight(text);
  const of = (wanted: string) => spans.filter(({ kind }) => kind === wanted).map((span) => span.text.trim());
  expect(of("key")).toEqual(["image", "'slots'", "l", "y", "b"]);
  expect(of("comment")).toEqual(["# why", "# c"]);
  expect(of("literal")).toEqual(["2", "~"]);
  expect(of("text")).toEqual(["a b", "x", '"z"', "one\n  two"]);
});

test.each([
  "",
  "\n",
  "a: [",
  "a: 'b",
  "\ta: b",
  "- - -\n  :\n",
  "a: |\n",
  "%YAML 1.2\n---\na: &x 1\nb: *x\n...\n",
  "é: 🙂\r\nb: c\r\n",
])("nothing of %j is lost", (text) => {
  expect(
    highlight(text)
      .map((span) => span.text)
      .join(""),
  ).toBe(text);
});
