/** What tests ask Docker itself. */
import { ok, outcome } from "./program";

/** A static busybox, without /etc/passwd: integration-tests/images/busybox/build. */
export const BUSYBOX = "pedl-test/busybox:1";

/** The containers with a label, running or not. */
export async function containers(label: string): Promise<string[]> {
  const ids = await ok("docker", ["ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${label}`]);
  return ids.split("\n").filter((id) => id !== "");
}

/** Removes all containers with a label, whatever they do. */
export async function removeContainers(label: string): Promise<void> {
  const ids = await containers(label);
  // One that ends meanwhile may be gone before its turn comes.
  if (ids.length > 0) await outcome("docker", ["rm", "--force", "--volumes", ...ids], process.env);
}
