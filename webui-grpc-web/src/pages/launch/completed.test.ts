import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AssetSchema } from "../../gen/pedl/v1/asset_pb";
import { completedYaml } from "./completed";

test("own values are not shown, the cluster's are", () => {
  const environmentVariables = { TOKEN: "secret", NCCL_DEBUG: "INFO", EMPTY: "" };
  const asset = create(AssetSchema, {
    description: "d",
    spec: { case: "command", value: { container: { environmentVariables } } },
  });
  const own = {
    environmentVariables: new Map([
      ["TOKEN", "secret"],
      ["EMPTY", ""],
    ]),
  };
  expect(completedYaml(asset, own, ["true"])).toBe(
    "description: d\nenvironment_variables:\n  EMPTY: ''\n  NCCL_DEBUG: INFO\n  TOKEN: (yours)\n",
  );
  expect(completedYaml(asset, own, [])).not.toContain("description");
});
