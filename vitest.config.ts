import { defineConfig } from "vitest/config";
import { assembled } from "./scripts/lib/assembled.mjs";
// For the side effect: it adds what vitest's reporter misses in Node 20.
import "./test/conformance/vitest.shared.mjs";

export default defineConfig({
  plugins: [assembled],
  test: {
    include: ["test/**/*.test.ts"],
    // Against hanging only: a busy machine must not fail a test.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // The built package is loaded as a user's Node loads it, not through Vite's transforms.
    server: { deps: { external: [/\/dist\//] } },
  },
});
