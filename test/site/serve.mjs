/**
 * Builds the site anew and serves it for the whole run.
 *
 * @module
 */
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const configFile = path("../../examples/site/vite.config.mjs");

/** vitest calls it before all tests; what it returns, after them. */
export async function setup(project) {
  const screenshots = path("../../build/site-screenshots");
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
  await build({ configFile });
  const server = await preview({ configFile, preview: { host: "127.0.0.1", port: 4600 } });
  project.provide("origin", server.resolvedUrls.local[0]);
  project.provide("screenshots", screenshots);
  return () => server.close();
}
