import { expect, test } from "vitest";
import { parseConfig } from "../../config/commandConfig";
import { atField, fieldProblems, marksOf, variableProblem, withField } from "./fieldProblems";

const violations = new Map([
  ["bind_mounts[0].host_path", "must be an absolute path on the agent's host"],
  ['environment_variables["A=B"]', "must have a name without `=`"],
  ["command.argv", "must name a program to run"],
]);

test("the file's own problems come first", () => {
  const { problems = [] } = parseConfig("slots: many\nimge: a\n");
  expect([...fieldProblems(problems, violations).keys()].sort()).toEqual(["", "slots"]);
  expect(fieldProblems([], violations)).toBe(violations);
});

test("a variable's problem is found by its name", () => {
  expect(variableProblem(violations, "A=B")).toBe("must have a name without `=`");
  expect(variableProblem(violations, "A")).toBeUndefined();
  expect(variableProblem(new Map([["environment_variables.a.b", "x"]]), "a.b")).toBe("x");
});

test("marks stand where the keys are", () => {
  const text = "bind_mounts:\n- {host_path: data, container_path: /b}\n";
  const marks = marksOf(text, [], violations, []);
  expect(marks.map(({ from, to, message }) => [text.slice(from, to), message])).toEqual([
    ["data", "bind_mounts[0].host_path: must be an absolute path on the agent's host"],
  ]);
  const wrong = "slots: many\n";
  expect(marksOf(wrong, parseConfig(wrong).problems ?? [], violations, [])).toMatchObject([{ from: 7, to: 11 }]);
  expect(marksOf("environment_variables: {A: ''}", [], new Map(), ["A"])).toMatchObject([{ from: 27, to: 29 }]);
});

test("words", () => {
  expect(withField("", "unknown key `imge`")).toBe("Unknown key `imge`");
  expect(withField("command.argv", "must name a program to run")).toBe("argv: must name a program to run");
  expect(atField('invalid type: string "many", expected a whole number')).toBe("Give a whole number");
  expect(atField("must be an absolute path")).toBe("Must be an absolute path");
});
