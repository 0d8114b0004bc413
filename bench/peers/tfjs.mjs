import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * TensorFlow.js on its WebAssembly backend, SIMD, one thread, in the three ways of writing WᵀWv, for they differ more
 * from each other than from what they are compared with:
 * - as one writes it, W times a column, its transposition a flag of the product;
 * - with row vectors, which the backend happens to multiply by other, faster kernels;
 * - with row vectors and a transposed copy of W beside it, in twice the memory, or four times with the packed form that
 *   the backend makes of each. A training loop would have to make all of these anew at every step; here they are made
 *   before the clock starts.
 */
export async function tfjs() {
  const tf = require("@tensorflow/tfjs-core");
  const { version_wasm: version } = require("@tensorflow/tfjs-backend-wasm");
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await tf.setBackend("wasm");
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) throw new Error("tfjs: no SIMD");
  const forms = {
    tfjs: {
      start: (columns) => [columns, 1],
      gram: (w, _, v) => tf.matMul(w, tf.matMul(w, v), true),
    },
    "tfjs, row vectors": {
      start: (columns) => [1, columns],
      gram: (w, _, v) => tf.matMul(tf.matMul(v, w, false, true), w),
    },
    "tfjs, rows and transposed copy": {
      start: (columns) => [1, columns],
      keep: (w) => tf.transpose(w),
      gram: (w, turned, v) => tf.matMul(tf.matMul(v, turned), w),
    },
  };
  return Object.entries(forms).map(([name, form]) => ({ name, version, prepare: prepare.bind(undefined, tf, form) }));
}

function prepare(tf, { start, keep, gram }, weight, rows, columns) {
  const w = tf.tensor2d(weight, [rows, columns]);
  const kept = keep?.(w);
  const iterate = (v) => {
    const z = gram(w, kept, v);
    const squared = tf.sum(tf.square(z));
    return [tf.mul(z, tf.rsqrt(squared)), squared];
  };
  const step = (iterations) => {
    let v = tf.fill(start(columns), 1 / Math.sqrt(columns));
    let squared = tf.scalar(0);
    for (let n = 0; n < iterations; n++) {
      const [nextV, nextSquared] = tf.tidy(() => iterate(v));
      tf.dispose([v, squared]);
      [v, squared] = [nextV, nextSquared];
    }
    const sigma = Math.sqrt(Math.sqrt(squared.dataSync()[0]));
    tf.dispose([v, squared]);
    return sigma;
  };
  return Object.assign(step, { dispose: () => tf.dispose(kept === undefined ? [w] : [w, kept]) });
}
