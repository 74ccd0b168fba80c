/** Starts the cluster that test files share, before the first of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { Cluster, type Place } from "./cluster";

declare module "vitest" {
  export interface ProvidedContext {
    shared: Place;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(join(import.meta.dirname, "../dist/index.html"))) {
    throw new Error("there is no dist/: `npm run build` makes what the master serves");
  }
  const cluster = await Cluster.start();
  project.provide("shared", cluster.place);
  return () => cluster.stop();
}
