// What a command runs in, as the file that `pedl command run --config-file` takes has it. Which values are valid, the
// master decides.

import { create } from "@bufbuild/protobuf";
import {
  type Asset,
  BindMountSchema,
  type CommandSpec,
  CommandSpecSchema,
  type ContainerSpec,
  ContainerSpecSchema,
  type CreateAssetRequest,
  CreateAssetRequestSchema,
  MountPropagation,
} from "../gen/pedl/v1/asset_pb";
import { toYaml } from "./print";
import { runTimeFromProto, runTimeToProto } from "./runTime";
import { sizeFromProto, sizeToProto } from "./size";

export { type Parsed, type Problem, parseConfig } from "./parse";
export { toYaml } from "./print";

/** A configuration, whole or in part. */
export interface CommandConfig {
  description?: string;
  resourcePool?: string;
  image?: string;
  slots?: number;
  workDir?: string;
  environmentVariables: ReadonlyMap<string, string>;
  bindMounts?: readonly BindMount[];
  shmSize?: bigint;
  memory?: bigint;
  cpus?: number;
  /** In nanoseconds. */
  maxRunTime?: bigint;
  addCapabilities?: readonly string[];
  readOnlyRoot?: boolean;
}

/** A directory or file of the agent's host in the container. */
export interface BindMount {
  hostPath: string;
  containerPath: string;
  readOnly: boolean;
  propagation: "rprivate" | "rslave";
}

/** The container that it describes. */
export function containerOf(config: CommandConfig): ContainerSpec {
  return create(ContainerSpecSchema, {
    image: config.image ?? "",
    environmentVariables: Object.fromEntries(config.environmentVariables),
    bindMounts: (config.bindMounts ?? []).map(({ propagation, ...mount }) =>
      create(BindMountSchema, {
        ...mount,
        propagation: propagation === "rslave" ? MountPropagation.RSLAVE : MountPropagation.RPRIVATE,
      }),
    ),
    workDir: config.workDir ?? "",
    ...(config.slots === undefined ? {} : { slots: config.slots }),
    shmSize: sizeToProto(config.shmSize),
    memory: sizeToProto(config.memory),
    cpus: config.cpus ?? 0,
    addCapabilities: [...(config.addCapabilities ?? [])],
    ...(config.readOnlyRoot === undefined ? {} : { readOnlyRoot: config.readOnlyRoot }),
  });
}

/** What to run, and in what. */
export function specOf(config: CommandConfig, argv: readonly string[]): CommandSpec {
  return create(CommandSpecSchema, {
    argv: [...argv],
    container: containerOf(config),
    ...(config.maxRunTime === undefined ? {} : { maxRunTime: runTimeToProto(config.maxRunTime) }),
  });
}

/** The request that creates it, without a request id. */
export function requestOf(config: CommandConfig, argv: readonly string[]): CreateAssetRequest {
  return create(CreateAssetRequestSchema, {
    description: config.description ?? "",
    resourcePool: config.resourcePool ?? "",
    spec: { case: "command", value: specOf(config, argv) },
  });
}

/** The configuration that would create an asset like this one again. */
export function configFrom(asset: Asset): CommandConfig {
  const command = asset.spec.case === "command" ? asset.spec.value : undefined;
  const container = command?.container ?? create(ContainerSpecSchema);
  const mounts = container.bindMounts.map(
    ({ hostPath, containerPath, readOnly, propagation }): BindMount => ({
      hostPath,
      containerPath,
      readOnly,
      propagation: propagation === MountPropagation.RSLAVE ? "rslave" : "rprivate",
    }),
  );
  return withoutAbsent({
    description: given(asset.description),
    resourcePool: given(asset.resourcePool),
    image: given(container.image),
    slots: container.slots,
    workDir: given(container.workDir),
    environmentVariables: new Map(Object.entries(container.environmentVariables)),
    bindMounts: mounts.length > 0 ? mounts : undefined,
    shmSize: sizeFromProto(container.shmSize),
    memory: sizeFromProto(container.memory),
    cpus: container.cpus > 0 ? container.cpus : undefined,
    maxRunTime: command?.maxRunTime && runTimeFromProto(command.maxRunTime),
    addCapabilities: container.addCapabilities.length > 0 ? container.addCapabilities : undefined,
    readOnlyRoot: container.readOnlyRoot,
  });
}

/** The file that would create an asset like this one again, as `pedl command config ID` prints it. */
export function configOf(asset: Asset): string {
  return toYaml(configFrom(asset));
}

type Absent<T> = { [K in keyof T]: T[K] | undefined };

/** Leaves out what is undefined, so that two configurations that say the same are equal. */
export function withoutAbsent(
  config: Absent<Required<Omit<CommandConfig, "environmentVariables">>> & Pick<CommandConfig, "environmentVariables">,
): CommandConfig {
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as CommandConfig;
}

function given(text: string): string | undefined {
  return text === "" ? undefined : text;
}
