import { expect, test } from "vitest";
import { placeOf, stepsOf } from "./place";

const text = `\
image: a b
slots:
bind_mount:
- host_path: data
  container_path: '/'
- {host_path: /x}
environment_variables:
  A=B: x
  "tab\\t": y
add_capabilities: [CAP_ALL]
`;

test.each([
  ["image", "a b"],
  ["slots", "slots"],
  ["bind_mounts", "bind_mount"],
  ["bind_mounts[0].host_path", "data"],
  ["bind_mounts[0].container_path", "'/'"],
  ["bind_mounts[1].container_path", "bind_mount"],
  ["bind_mounts[7].container_path", "bind_mount"],
  ['environment_variables["A=B"]', "x"],
  ['environment_variables["tab\\t"]', "y"],
  ["add_capabilities[0]", "CAP_ALL"],
  ["memory", undefined],
  ["command.argv", undefined],
])("%s", (field, want) => {
  const place = placeOf(text, field);
  expect(place && text.slice(place.from, place.to)).toBe(want);
});

test("variables in a list", () => {
  const list = "environment_variables: ['A=1', B=2]\n";
  const place = placeOf(list, 'environment_variables["B"]');
  expect(place && list.slice(place.from, place.to)).toBe("B=2");
});

test("steps", () => {
  expect(stepsOf('environment_variables["a\\"]\\u{1f}"]')).toEqual(["environment_variables", 'a"]\u001f']);
  expect(stepsOf("bind_mounts[10].host_path")).toEqual(["bind_mounts", 10, "host_path"]);
});
