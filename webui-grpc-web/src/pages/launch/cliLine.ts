// The line for a terminal that does the same as the form.

import type { BindMount, CommandConfig } from "../../config/commandConfig";
import { printRunTime } from "../../config/runTime";
import { isNull } from "../../config/scalar";
import { printSize } from "../../config/size";
import { quoteWord, quoteWords } from "../../config/words";

/** Longer lines are broken. */
const WIDTH = 72;

/** `pedl command run` with everything that is set. Values of variables, which may be secrets, come from the shell's own, those too that are withheld here. */
export function cliLine(config: CommandConfig, argv: readonly string[], withheld: readonly string[] = []): string {
  const program = argv.length === 0 ? "PROGRAM" : quoteWords(argv);
  const parts = ["pedl command run", ...flags(config, withheld), `-- ${program}`];
  const line = parts.join(" ");
  return line.length <= WIDTH ? line : parts.join(" \\\n  ");
}

function flags(config: CommandConfig, withheld: readonly string[]): string[] {
  const mounts = config.bindMounts ?? [];
  // A path with a colon cannot be given to -v.
  const byFlag = mounts.every(({ hostPath, containerPath }) => !`${hostPath}${containerPath}`.includes(":"));
  return [
    flag("--description", config.description),
    flag("--image", config.image),
    flag("--slots", config.slots?.toString()),
    setting("resource_pool", config.resourcePool),
    flag("--work-dir", config.workDir),
    ...[...config.environmentVariables].map(([name, value]) => variable(name, value !== "" || withheld.includes(name))),
    ...(byFlag
      ? mounts.map((mount) => `-v ${quoteWord(volume(mount))}`)
      : [setting("bind_mounts", mounts.map(mountSetting))]),
    flag("--memory", config.memory === undefined ? undefined : printSize(config.memory)),
    flag("--cpus", config.cpus?.toString()),
    flag("--max-run-time", config.maxRunTime === undefined ? undefined : printRunTime(config.maxRunTime)),
    setting("shm_size", config.shmSize === undefined ? undefined : printSize(config.shmSize)),
    setting("add_capabilities", config.addCapabilities),
    setting("read_only_root", config.readOnlyRoot),
  ].filter((part) => part !== undefined);
}

function flag(name: string, value: string | undefined): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  return value.startsWith("-") ? `${name}=${quoteWord(value)}` : `${name} ${quoteWord(value)}`;
}

/** A key without a flag of its own. Its value is YAML, and JSON is YAML. */
function setting(key: string, value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const plain = typeof value !== "object" && /^\w[\w.-]*$/.test(`${value}`) && !isNull(`${value}`);
  return `--config ${quoteWord(`${key}=${plain ? value : JSON.stringify(value)}`)}`;
}

function variable(name: string, hasValue: boolean): string {
  if (!hasValue) {
    return `-e ${quoteWord(`${name}=`)}`;
  }
  const own = name.replace(/\W/g, "_").replace(/^(?=\d)/, "_");
  return name === own ? `-e ${name}="$${own}"` : `-e ${quoteWord(`${name}=`)}"$${own}"`;
}

function volume({ hostPath, containerPath, readOnly, propagation }: BindMount): string {
  const options = [readOnly ? "ro" : "", propagation === "rslave" ? "rslave" : ""].filter((option) => option !== "");
  return [hostPath, containerPath, options.join(",")].filter((part) => part !== "").join(":");
}

function mountSetting({ hostPath, containerPath, readOnly, propagation }: BindMount) {
  return {
    host_path: hostPath,
    container_path: containerPath,
    ...(readOnly ? { read_only: true } : {}),
    ...(propagation === "rslave" ? { propagation } : {}),
  };
}
