// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readJitdump } from "./jitdump.mjs";
import { passLoops } from "./loops.mjs";
import { createDecoder } from "./x64.mjs";

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** Why V8's code cannot be read here, if so. */
export function unreadable() {
  return process.platform === "linux" && process.arch === "x64"
    ? undefined
    : "V8 hands out its code on Linux alone, and this reads that of x64";
}

/** The Node that runs this, and the others that the tests have installed. */
export function nodes() {
  const others = [22, 24].map((version) => path(`../../test/runtimes/node_modules/node${version}-linux-x64/bin/node`));
  return [process.execPath, ...others.filter((file) => existsSync(file))];
}

/**
 * The two loops of a float32 pass as the V8 of a Node has compiled them, and how long the pass takes.
 *
 * @param {string} node @param {readonly [number, number]} shape
 */
export async function measureGenerated(node, shape) {
  const decode = await createDecoder();
  const folder = mkdtempSync(join(tmpdir(), "spectral-norm-code-"));
  try {
    const args = ["--perf-prof", path("steady.mjs"), ...shape.map(String)];
    const { status, stdout } = spawnSync(node, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", 2] });
    if (status !== 0) throw new Error(`${node} failed`);
    const dump = readdirSync(folder).find((name) => name.endsWith(".dump"));
    if (dump === undefined) throw new Error(`${node} has written no code`);
    const functions = readJitdump(readFileSync(join(folder, dump))).filter(({ name }) => name.includes("-turbofan"));
    const found = functions.map(({ code }) => passLoops(decode(code))).filter((loops) => loops !== undefined);
    const loops = found.at(-1);
    if (loops === undefined) throw new Error(`no function of ${node} has the loops of a pass`);
    return { ...JSON.parse(stdout), loops };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
