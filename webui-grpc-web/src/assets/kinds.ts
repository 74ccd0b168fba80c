import { AssetKind } from "../gen/pedl/v1/asset_pb";

/** What a kind of asset is called, and where its pages are. */
export interface Kind {
  readonly kind: AssetKind;
  /** The first part of its pages' paths. */
  readonly path: "experiments" | "notebooks" | "commands" | "tensorboards";
  /** One of them, in running text. */
  readonly noun: string;
  /** Several of them, in running text. */
  readonly plural: string;
  /** As a heading and in the navigation. */
  readonly label: string;
  /** What the command line calls it. */
  readonly cli: string;
  /** The key after `g` that goes to its list. */
  readonly key: string;
}

const experiments: Kind = {
  kind: AssetKind.EXPERIMENT,
  path: "experiments",
  noun: "experiment",
  plural: "experiments",
  label: "Experiments",
  cli: "experiment",
  key: "e",
};

const notebooks: Kind = {
  kind: AssetKind.NOTEBOOK,
  path: "notebooks",
  noun: "notebook",
  plural: "notebooks",
  label: "Notebooks",
  cli: "notebook",
  key: "n",
};

const commands: Kind = {
  kind: AssetKind.COMMAND,
  path: "commands",
  noun: "command",
  plural: "commands",
  label: "Commands",
  cli: "command",
  key: "c",
};

const tensorboards: Kind = {
  kind: AssetKind.TENSORBOARD,
  path: "tensorboards",
  noun: "TensorBoard",
  plural: "TensorBoards",
  label: "TensorBoards",
  cli: "tensorboard",
  key: "t",
};

/** In the order of the navigation. */
export const kinds: readonly Kind[] = [experiments, notebooks, commands, tensorboards];

export function kindOf(kind: AssetKind): Kind | undefined {
  return kinds.find((k) => k.kind === kind);
}

export function kindAtPath(path: string): Kind | undefined {
  return kinds.find((k) => k.path === path);
}
