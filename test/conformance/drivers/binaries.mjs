/**
 * Where the runtimes are: those of test/runtimes, or others that CONFORMANCE_NODE22, CONFORMANCE_DENO … name. npm has
 * the pinned Nodes for Linux on x64 and arm64 alone; elsewhere, name binaries of the same versions so.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findBrowser } from "./browsers.mjs";

const MODULES = new URL("../../runtimes/node_modules/", import.meta.url);

const HERE = `${process.platform}-${process.arch}`;

const FOLDERS = {
  deno: {
    "linux-x64": "@deno/linux-x64-glibc/deno",
    "linux-arm64": "@deno/linux-arm64-glibc/deno",
    "darwin-x64": "@deno/darwin-x64/deno",
    "darwin-arm64": "@deno/darwin-arm64/deno",
  },
  bun: {
    "linux-x64": "@oven/bun-linux-x64/bin/bun",
    "linux-arm64": "@oven/bun-linux-aarch64/bin/bun",
    "darwin-x64": "@oven/bun-darwin-x64/bin/bun",
    "darwin-arm64": "@oven/bun-darwin-aarch64/bin/bun",
  },
  workerd: {
    "linux-x64": "@cloudflare/workerd-linux-64/bin/workerd",
    "linux-arm64": "@cloudflare/workerd-linux-arm64/bin/workerd",
    "darwin-x64": "@cloudflare/workerd-darwin-64/bin/workerd",
    "darwin-arm64": "@cloudflare/workerd-darwin-arm64/bin/workerd",
  },
};

const BROWSERS = ["chromium", "firefox"];

function packaged(runtime) {
  const file = runtime.startsWith("node") ? `${runtime}-${HERE}/bin/node` : FOLDERS[runtime]?.[HERE];
  if (file === undefined) return undefined;
  const path = fileURLToPath(new URL(file, MODULES));
  return existsSync(path) ? path : undefined;
}

/** The executable of a runtime, or `undefined` where it is not installed. */
export function findBinary(runtime) {
  if (runtime === "node") return process.execPath;
  if (BROWSERS.includes(runtime)) return findBrowser(runtime);
  const given = process.env[`CONFORMANCE_${runtime.toUpperCase()}`];
  if (given === undefined) return packaged(runtime);
  return existsSync(given) ? given : undefined;
}

/** What to do where a runtime is not installed. */
export function remedy(runtime) {
  if (BROWSERS.includes(runtime)) {
    return `install it, or name its executable in ${runtime.toUpperCase()}`;
  }
  return `run \`npm ci --prefix test/runtimes\`, or name its executable in CONFORMANCE_${runtime.toUpperCase()}`;
}
