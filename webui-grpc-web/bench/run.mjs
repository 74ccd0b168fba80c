/** Runs the bench's TypeScript in plain Node. */
import { runnerImport } from "vite";

const { module } = await runnerImport(`${import.meta.dirname}/main.ts`, { configFile: false, logLevel: "error" });
await module.main();
