import { expect, test } from "vitest";
import { randomUuid, requestIds } from "./requestId";

test("a UUID of version 4", () => {
  expect(randomUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(randomUuid()).not.toBe(randomUuid());
});

test("the same request has the same id, another one another", () => {
  const idOf = requestIds();
  const first = idOf("a");
  expect(idOf("a")).toBe(first);
  expect(idOf("b")).not.toBe(first);
  expect(requestIds()("a")).not.toBe(first);
});
