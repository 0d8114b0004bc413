import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
// For the side effect: it adds what vitest's reporter misses in Node 20.
import "../conformance/vitest.shared.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("../../", import.meta.url)),
  test: {
    include: ["test/services/*.spec.ts"],
    // Four servers at a time are enough for a small machine.
    fileParallelism: false,
    // Against hanging only: a busy machine must not fail a test.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // The built package is loaded as a user's Node loads it, not through Vite's transforms.
    server: { deps: { external: [/\/dist\//] } },
  },
});
