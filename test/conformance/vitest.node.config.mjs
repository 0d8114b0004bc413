import { defineConfig } from "vitest/config";
import { include, root } from "./vitest.shared.mjs";

export default defineConfig({
  root,
  test: {
    include,
    // The built package is loaded as a user's Node loads it, not through Vite's transforms.
    server: { deps: { external: [/\/dist\//] } },
  },
});
