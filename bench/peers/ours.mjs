import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** Iterations inside one call, on a matrix that lives in the engine's memory. */
export async function ours() {
  const { load } = await import("../../dist/index.js");
  const engine = await load();
  return {
    name: "spectral-norm",
    version,
    prepare(weight, rows, columns) {
      const matrix = engine.matrix([rows, columns]);
      matrix.set(weight);
      const step = (iterations) => engine.powerIteration(matrix, { iterations, form: "gram" }).sigma;
      return Object.assign(step, { dispose: () => matrix.free() });
    },
  };
}

/** Whole calls of `iterations` each, from a handle and from a typed array: what the start, the scan and the copy cost. */
export async function ourCalls(iterations) {
  const { load } = await import("../../dist/index.js");
  const engine = await load();
  const options = { iterations, form: "gram" };
  const times = iterations === 1 ? "1 iteration" : `${iterations} iterations`;
  const repeated = (call) => (calls) => {
    let sigma = 0;
    for (let n = 0; n < calls; n++) sigma = call();
    return sigma;
  };
  return [
    {
      name: `a call of ${times}, handle`,
      version,
      prepare(weight, rows, columns) {
        const matrix = engine.matrix([rows, columns]);
        matrix.set(weight);
        return Object.assign(
          repeated(() => engine.powerIteration(matrix, options).sigma),
          { dispose: () => matrix.free() },
        );
      },
    },
    {
      name: `a call of ${times}, typed array`,
      version,
      prepare(weight, rows, columns) {
        const w = { data: weight, shape: [rows, columns] };
        return repeated(() => engine.powerIteration(w, options).sigma);
      },
    },
  ];
}
