import { versionOf } from "./install.mjs";

/** jax-js on its WebAssembly backend, the step compiled by its `jit`: as one writes it, and with row vectors. */
export async function jaxJs() {
  const { defaultDevice, init, jit, numpy: np } = await import("@jax-js/jax");
  if (!(await init("wasm")).includes("wasm")) throw new Error("jax-js: no wasm");
  defaultDevice("wasm");
  const forms = {
    "jax-js": (w, v) => np.matmul(np.transpose(w.ref), np.matmul(w, v)),
    "jax-js, row vectors": (w, v) => np.matmul(np.matmul(w.ref, v), w),
  };
  return Object.entries(forms).map(([name, gram]) => {
    const iterate = jit((w, v) => {
      const z = gram(w, v);
      const squared = np.sum(np.square(z.ref));
      return [np.divide(z, np.sqrt(squared.ref)), squared];
    });
    return { name, version: versionOf("@jax-js/jax"), prepare: prepare.bind(undefined, np, iterate) };
  });
}

function prepare(np, iterate, weight, rows, columns) {
  const w = np.array(weight, { shape: [rows, columns] });
  const step = async (iterations) => {
    let v = np.array(new Float32Array(columns).fill(1 / Math.sqrt(columns)));
    let squared;
    for (let n = 0; n < iterations; n++) {
      squared?.dispose();
      [v, squared] = iterate(w.ref, v);
    }
    v.dispose();
    const [value] = await squared.data();
    return Math.sqrt(Math.sqrt(value));
  };
  return Object.assign(step, { dispose: () => w.dispose() });
}
