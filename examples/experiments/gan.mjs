// @ts-check
/**
 * A WGAN of the shared core, measured along the way.
 *
 * @module
 */
import { numpy as np } from "@jax-js/jax";
import { seeded } from "../shared/random.mjs";
import { createTrainer } from "../shared/train.mjs";
import { distributionOf } from "./data.mjs";
import { follow } from "./follow.mjs";
import { gradientAngle, gradientNorms, watch } from "./probe.mjs";

/**
 * One measurement: the core's, the size of gradients by layer, and for spectral methods the angle of the gradient that the
 * last step followed to the true one, over all kernels and by kernel.
 *
 * @typedef {import("../shared/train.mjs").Measurement & { angle?: number, angles?: number[], norms: number[] }} Measured
 */

/** Samples that a gradient is taken over. */
const PROBED = 256;

/**
 * @param {import("./plan.mjs").Run} run
 * @returns {Promise<import("./follow.mjs").Curve<Measured>>}
 */
export async function trainGan({ data: name, method, seed, steps, every, options }) {
  const data = distributionOf(name);
  const watched = watch(method);
  const trainer = createTrainer({ ...options, method: watched.name, data, seed });
  const spectral = method.startsWith("spectral");
  const array = (/** @type {Float32Array<ArrayBuffer>} */ points) =>
    np.array(points, { shape: [points.length / data.dimensions, data.dimensions] });
  const probe = async (/** @type {number} */ step) => {
    const real = array(data.sample(PROBED, seeded(seed + 2_000_003)));
    const fake = array(await trainer.sample(PROBED, 2));
    const norms = await gradientNorms(trainer.effective(), real.ref, fake.ref);
    if (spectral && step > 0) return { norms, ...(await gradientAngle(method, watched.take(), real, fake)) };
    real.dispose();
    fake.dispose();
    return { norms };
  };
  return follow(
    {
      prepare: (due) => watched.keep(due && spectral),
      step: trainer.step,
      measure: async (step) => ({ ...(await trainer.measure()), ...(await probe(step)) }),
      dispose() {
        watched.release();
        trainer.dispose();
      },
    },
    steps,
    every,
  );
}
