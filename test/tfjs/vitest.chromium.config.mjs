import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_ARGUMENTS } from "../conformance/drivers/browsers.mjs";
import { executablePath, root } from "../conformance/vitest.shared.mjs";

// WebGL without a GPU: Chromium draws in software, which it only does when told.
const args = [
  ...CHROMIUM_ARGUMENTS.filter((arg) => arg !== "--disable-gpu"),
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

export default defineConfig({
  root,
  // test/values/inputs.ts reads fixtures by it in Node; here they are imported.
  resolve: { alias: { "node:fs": fileURLToPath(new URL("no-files.mjs", import.meta.url)) } },
  optimizeDeps: {
    include: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm", "fast-check"],
    exclude: ["spectral-norm"],
  },
  test: {
    include: ["test/tfjs/webgl.spec.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args } }),
      instances: [{ browser: "chromium" }],
    },
  },
});
