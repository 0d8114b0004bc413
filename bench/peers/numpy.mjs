import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("numpy_peer.py", import.meta.url));
const oneThread = {
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  OMP_NUM_THREADS: "1",
  VECLIB_MAXIMUM_THREADS: "1",
};

/**
 * NumPy on one thread, in a child process that answers line by line; the pipe costs some 0.1 ms a sample of 20 ms or
 * more. Undefined where there is no python3 with NumPy.
 */
export function numpy() {
  const probe = spawnSync("python3", ["-c", "import numpy; print(numpy.__version__)"], { encoding: "utf8" });
  if (probe.status !== 0) return undefined;
  return { name: "NumPy, 1 thread", version: probe.stdout.trim(), prepare };
}

function prepare(weight, rows, columns) {
  const child = spawn("python3", [script, String(rows), String(columns)], {
    env: { ...process.env, ...oneThread },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.write(new Uint8Array(weight.buffer, weight.byteOffset, weight.byteLength));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const step = async (iterations) => {
    child.stdin.write(`${iterations}\n`);
    const { value } = await answers.next();
    return Number(value);
  };
  return Object.assign(step, { dispose: () => child.stdin.end() });
}
