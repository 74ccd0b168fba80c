/** The keys of a command's configuration, as `pedl command run --config-file` takes them, with what each is for. */
export const KEYS = {
  description: "What to call it; empty: made from the program",
  resource_pool: "The agents that it may run on; empty: default",
  image: "The container's image, as Docker names it",
  slots: "GPUs (or CPU slots, on an agent without) to hold; 1 unless given",
  work_dir: "Where the program starts; empty: the home of the user that it runs as",
  environment_variables: "A map of names to values, or a list of NAME=VALUE",
  bind_mounts: "Directories and files of the agent's host that it sees",
  shm_size: "The size of /dev/shm, such as 4GiB",
  memory: "The memory that it may take, such as 8GiB",
  cpus: "The processors whose whole time it may take, such as 1.5",
  max_run_time: "Stop it when it has run for this long, such as 30m, 2h or 7d",
  add_capabilities: "Linux capabilities such as SYS_PTRACE; each must be allowed by the agent",
  read_only_root: "Whether the image's files cannot be changed; /tmp and the home can",
} as const;

export type Key = keyof typeof KEYS;

/** The keys of one bind mount. */
export const MOUNT_KEYS = {
  host_path: "Absolute, on the agent's host; it must exist",
  container_path: "Absolute, or below the work dir",
  read_only: "Whether the container may not write to it",
  propagation: "rslave: also what the host mounts below it later; rprivate: not",
} as const;

export type MountKey = keyof typeof MOUNT_KEYS;

/** Other ways to write a key. */
const ALIASES: Readonly<Record<string, Key>> = { bind_mount: "bind_mounts" };

/** In the order in which the CLI prints them. */
export const KEY_ORDER = Object.keys(KEYS) as Key[];

/** The key that is meant, if any. */
export function findKey(written: string): Key | undefined {
  if (Object.hasOwn(KEYS, written)) {
    return written as Key;
  }
  return Object.hasOwn(ALIASES, written) ? ALIASES[written] : undefined;
}

export function isMountKey(written: string): written is MountKey {
  return Object.hasOwn(MOUNT_KEYS, written);
}
