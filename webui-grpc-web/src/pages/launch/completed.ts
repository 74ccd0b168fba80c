// What a command would be, with the cluster's defaults.

import { type CommandConfig, configFrom, toYaml } from "../../config/commandConfig";
import type { Asset } from "../../gen/pedl/v1/asset_pb";

/** What stands in place of a value that is not shown. */
const HIDDEN = "(yours)";

/** The whole configuration as the master has completed it. Values of variables that are one's own are not shown, nor a description that was made from no program. */
export function completedYaml(asset: Asset, own: CommandConfig, argv: readonly string[]): string {
  const config = configFrom(asset);
  const variables = [...config.environmentVariables].map(([name, value]): [string, string] => {
    const hide = value !== "" && own.environmentVariables.has(name);
    return [name, hide ? HIDDEN : value];
  });
  const { description, ...rest } = config;
  const hasProgram = argv.length > 0 || own.description !== undefined;
  return toYaml({
    ...rest,
    ...(hasProgram && description !== undefined ? { description } : {}),
    environmentVariables: new Map(variables),
  });
}
