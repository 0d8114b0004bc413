import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { PAGES } from "./pages.mjs";
import { critic } from "./plugins/critic.mjs";
import { documents } from "./plugins/documents.mjs";
import { layout } from "./plugins/layout.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  // Relative, so that the built site can be put below any path of any host.
  base: "./",
  plugins: [layout(), critic(), documents()],
  resolve: {
    alias: [
      { find: /^spectral-norm$/, replacement: here("../../dist/index.js") },
      { find: /^spectral-norm\/(audit|checkpoint|repair)$/, replacement: here("../../dist/$1.js") },
      { find: /^spectral-norm\/jax$/, replacement: here("../../dist/jax.js") },
    ],
  },
  worker: { format: "es", rolldownOptions: { checks: { pluginTimings: false } } },
  build: {
    target: "es2022",
    outDir: here("dist"),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [here("index.html"), ...PAGES.map(({ path }) => here(`${path}index.html`))],
      // Reading the critic takes a second, and is no news.
      checks: { pluginTimings: false },
    },
  },
  logLevel: "warn",
});
