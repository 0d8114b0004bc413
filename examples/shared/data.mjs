// @ts-check
/**
 * What the experiments learn: the three toys of the WGAN-GP paper (Gulrajani et al. 2017, its gan_toy.py), scaled as there, and
 * the digits of examples/data.
 *
 * @module
 */

/**
 * @typedef {object} Distribution
 * @property {string} title For people.
 * @property {number} dimensions Numbers a sample.
 * @property {readonly (readonly number[])[]} modes Centers, where it has some.
 * @property {(count: number, source: import("./random.mjs").Source) => Float32Array<ArrayBuffer>} sample Samples, one after the
 *   other.
 */

/**
 * Equally likely normal clouds.
 *
 * @param {string} title
 * @param {readonly (readonly number[])[]} modes
 * @param {number} deviation
 * @returns {Distribution}
 */
function clouds(title, modes, deviation) {
  /** @type {Distribution["sample"]} */
  const sample = (count, source) => {
    const points = new Float32Array(2 * count);
    for (let index = 0; index < count; index += 1) {
      const [x = 0, y = 0] = modes[source.below(modes.length)] ?? [];
      points[2 * index] = x + deviation * source.normal();
      points[2 * index + 1] = y + deviation * source.normal();
    }
    return points;
  };
  return { title, dimensions: 2, modes, sample };
}

/** Eight clouds on a circle of radius √2. */
export const eightGaussians = clouds(
  "8 Gaussians",
  Array.from({ length: 8 }, (_, k) =>
    [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4)].map((x) => Math.SQRT2 * x),
  ),
  0.02 / Math.SQRT2,
);

/** 25 clouds on a grid of side 4/√2. */
export const twentyFiveGaussians = clouds(
  "25 Gaussians",
  Array.from({ length: 25 }, (_, k) => [(k % 5) - 2, Math.floor(k / 5) - 2].map((x) => x / Math.SQRT2)),
  0.05 / (2 * Math.SQRT2),
);

/**
 * A drawing as a distribution: equally likely centers, each blurred a little. They are no modes, for neighbors overlap.
 *
 * @param {readonly (readonly number[])[]} centers Points in the plane; at least one.
 * @param {number} [deviation] Of the blur. Default 0.06.
 * @returns {Distribution}
 */
export function drawing(centers, deviation = 0.06) {
  if (centers.length === 0) throw new Error("centers expected at least one point, got none");
  return { ...clouds("your own", centers, deviation), modes: [] };
}

/** A spiral: two of the three coordinates of scikit-learn's make_swiss_roll with noise 0.25. @type {Distribution} */
export const swissRoll = {
  title: "Swiss roll",
  dimensions: 2,
  modes: [],
  sample(count, source) {
    const points = new Float32Array(2 * count);
    for (let index = 0; index < count; index += 1) {
      const angle = 1.5 * Math.PI * (1 + 2 * source.uniform());
      points[2 * index] = (angle * Math.cos(angle) + 0.25 * source.normal()) / 7.5;
      points[2 * index + 1] = (angle * Math.sin(angle) + 0.25 * source.normal()) / 7.5;
    }
    return points;
  },
};

/**
 * The digits of examples/data/digits.csv, pixels/8 − 1, so that they lie between −1 and 1.
 *
 * @param {string} text The file.
 * @returns {{ count: number, labels: Uint8Array<ArrayBuffer>, images: Float32Array<ArrayBuffer> }} 64 numbers an image, row by row.
 */
export function readDigits(text) {
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number))
    // A head of names, where there is one.
    .filter((cells) => cells.every(Number.isFinite));
  const bad = rows.findIndex((cells) => cells.length !== 65);
  if (rows.length === 0 || bad >= 0) {
    throw new Error(
      `digits expected lines of a label and 64 pixels, got ${rows[bad]?.length ?? 0} numbers in row ${bad + 1}`,
    );
  }
  return {
    count: rows.length,
    labels: Uint8Array.from(rows, ([label = 0]) => label),
    images: Float32Array.from(rows.flatMap((cells) => cells.slice(1).map((pixel) => pixel / 8 - 1))),
  };
}

/**
 * The digits as a distribution: images drawn with replacement.
 *
 * @param {ReturnType<typeof readDigits>} digits
 * @returns {Distribution}
 */
export function digitImages({ count, images }) {
  return {
    title: "digits",
    dimensions: 64,
    modes: [],
    sample(wanted, source) {
      const chosen = new Float32Array(64 * wanted);
      for (let index = 0; index < wanted; index += 1) {
        const image = source.below(count);
        chosen.set(images.subarray(64 * image, 64 * image + 64), 64 * index);
      }
      return chosen;
    },
  };
}

/** The distributions in the plane, by name. */
export const distributions = { eightGaussians, twentyFiveGaussians, swissRoll };
