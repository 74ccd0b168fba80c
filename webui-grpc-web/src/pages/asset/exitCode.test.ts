import { expect, test } from "vitest";
import { explainExit } from "./exitCode";

test.each([
  [0, undefined],
  [1, undefined],
  [42, undefined],
  [125, "the container could not be started, or was killed"],
  [126, "the program could not be run"],
  [127, "the program was not found"],
  [128, undefined],
  [129, "SIGHUP"],
  [130, "SIGINT"],
  [134, "SIGABRT"],
  [137, "SIGKILL: killed, or out of memory"],
  [139, "SIGSEGV: it touched memory that is not its own"],
  [143, "SIGTERM: asked to stop"],
  [159, "SIGSYS"],
  [255, undefined],
])("exit code %i", (code, meaning) => {
  expect(explainExit(code)).toBe(meaning);
});
