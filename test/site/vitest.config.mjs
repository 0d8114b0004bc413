import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { critic } from "../../examples/site/plugins/critic.mjs";
// For the side effect: it adds what vitest's reporter misses in Node 20.
import "../conformance/vitest.shared.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("../../", import.meta.url)),
  plugins: [critic()],
  test: {
    include: ["test/site/*.spec.ts"],
    globalSetup: ["test/site/serve.mjs"],
    // Browsers share two cores with each other only.
    fileParallelism: false,
    // Against hanging only: a busy machine must not fail a test.
    testTimeout: 600_000,
    hookTimeout: 120_000,
    // The built package is loaded as a user's Node loads it, not through Vite's transforms.
    server: { deps: { external: [/\/dist\//] } },
  },
});
