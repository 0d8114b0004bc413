/**
 * Child processes and temporary folders that never outlive the run.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A runtime that hangs must fail with what it said, not stop the whole run. */
const PATIENCE = 120_000;

/**
 * Runs a command to its end.
 *
 * @returns {Promise<{ code: number, stdout: string, output: string }>} `output` is stdout and stderr interleaved.
 */
export function execute(command, args, { cwd = ROOT, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", (error) => {
      clearTimeout(stop);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(stop);
      resolve({ code: code ?? 1, stdout, output: signal === null ? output : `${output}\n(ended by ${signal})` });
    });
  });
}

/** Calls `use` with a new folder outside the project, where nothing of the project is in reach by accident. */
export async function inTemporaryFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), "spectral-norm-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
