import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The command line as it is published. */
export const program: string = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** The checkpoints that come with the repository. */
export const data: string = fileURLToPath(new URL("../../examples/data/", import.meta.url));

/** How a run ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `spectral-norm` with `args`, its output going to pipes. */
export function run(...args: readonly string[]): Promise<Run> {
  return runWith(program, ...args);
}

/** The same of a copy of it that lies elsewhere. */
export function runWith(script: string, ...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = {
      cwd: data,
      maxBuffer: 2 ** 26,
      env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined },
    };
    const child = execFile(process.execPath, [script, ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** The same, but nobody reads its output. */
export function runUnread(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], { cwd: data });
  child.stdout.destroy();
  return ended(child);
}

/** The same, its output going into a file that is open for reading only. */
export async function runInto(path: string, ...args: readonly string[]): Promise<Run> {
  const output = openSync(path, "r");
  try {
    return await ended(spawn(process.execPath, [program, ...args], { cwd: data, stdio: ["ignore", output, "pipe"] }));
  } finally {
    closeSync(output);
  }
}

function ended(child: ChildProcess): Promise<Run> {
  return new Promise((resolve) => {
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on("close", (code) => resolve({ code, stdout: "", stderr }));
  });
}
