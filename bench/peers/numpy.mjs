import { findNumPy, startPython } from "./python.mjs";

/**
 * NumPy on one thread, in a child process; the pipe costs some 0.1 ms a sample of 20 ms or more. Undefined where there is no
 * Python with NumPy.
 */
export function numpy() {
  const found = findNumPy();
  if (found === undefined) return undefined;
  const prepare = (weight, rows, columns) => {
    const process = startPython("numpy_peer.py", weight, [rows, columns], found.program);
    const step = async (iterations) => (await (await process).ask(iterations)).sigma;
    return Object.assign(step, { dispose: async () => (await process).dispose() });
  };
  return { name: "NumPy, 1 thread", version: found.version, prepare };
}
