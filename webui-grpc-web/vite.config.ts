import react from "@vitejs/plugin-react";
import type { HttpProxy } from "vite";
import { defineConfig } from "vitest/config";

/** The master that `npm run dev` asks. */
const master = process.env.PEDL_MASTER ?? "http://127.0.0.1:8080";

/** A master that is away is told as other proxies tell it; Vite itself says that it failed (500). */
function tellAway(proxy: HttpProxy.Server): void {
  proxy.on("error", (_error, _request, response) => {
    if ("writeHead" in response && !response.headersSent) response.writeHead(502).end();
  });
}

export default defineConfig({
  plugins: [react()],
  // The master puts a fresh nonce in its place with each answer, so that no inline style needs `unsafe-inline`.
  html: { cspNonce: "__CSP_NONCE__" },
  server: { host: "127.0.0.1", proxy: { "^/(pedl\\.v1|grpc)\\.": { target: master, configure: tellAway } } },
  build: { target: "es2022", sourcemap: false, manifest: true, modulePreload: { polyfill: false } },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.{ts,tsx}"], environment: "happy-dom" } },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          globalSetup: "e2e/setup.ts",
          // Each file has a browser and a cluster to itself, so one at a time is what a small machine bears.
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 60_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 15_000, interval: 30 } },
        },
      },
    ],
  },
});
