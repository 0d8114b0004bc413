import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
// For the side effect: it adds what vitest's reporter misses in Node 20.
import "../conformance/vitest.shared.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("../../", import.meta.url)),
  test: {
    include: ["test/queue/*.spec.ts"],
    // Each has several processes at work already.
    fileParallelism: false,
    // Against hanging only: a busy machine must not fail a test.
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
