// @ts-check
import { alternate, clocked, repeated } from "../alternate.mjs";
import { gaussianMatrix } from "../harness.mjs";

/** @type {[rows: number, columns: number][]} */
const shapes = [
  [1024, 1024],
  [4096, 4096],
  [11008, 4096],
];

/** Of the size that weights have: of 0.24 % of them float16 has fewer digits, which are subnormal there. */
const SCALE = 0.02;

/**
 * Numbers near these that both types have, and their bits: all runners are asked for the same norm.
 *
 * @param {Float32Array} weight
 */
function halved(weight) {
  const float32 = weight.map((entry) => SCALE * entry);
  const words = new Uint32Array(float32.buffer);
  // Eight digits, as bfloat16 has, of which none is below float16's last place.
  words.forEach((word, index) => {
    words[index] = word & 0xffff0000;
    float32[index] = Math.trunc(/** @type {number} */ (float32[index]) * 2 ** 24) / 2 ** 24;
  });
  return {
    float32,
    bfloat16: Uint16Array.from(words, (word) => word >>> 16),
    float16: Uint16Array.from(float32, float16Bits),
  };
}

/** Of a number that float16 has. @param {number} value */
function float16Bits(value) {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
  return (value < 0 ? 0x8000 : 0) + ((exponent + 14) << 10) + Math.abs(value) * 2 ** (10 - exponent);
}

export const storage = {
  title: "bfloat16 and float16 in memory against float32",
  about:
    "`spectralNorm` of Gaussian matrices in the engine's memory, of the same numbers, which all three types have: those of 16 bits are " +
    "widened in registers, at each pass, so that half of the bytes are read.",
  needs: [],
  own: "bfloat16",
  goal: (/** @type {{ name: string }} */ { name }, /** @type {string} */ peer) =>
    name === "4096×4096" && peer === "float32" ? 1.4 : undefined,
  async measure(/** @type {{ rounds: number, quick: boolean }} */ { rounds, quick }) {
    // The entry that carries its module has no numbers of 16 bits.
    const { load } = await import("../../dist/node.js");
    const engine = await load();
    const cases = [];
    for (const [rows, columns] of quick ? [[64, 48]] : shapes) {
      const weight = halved(gaussianMatrix(rows, columns, rows));
      const runners = /** @type {const} */ (["bfloat16", "float16", "float32"]).map((dtype) => {
        const matrix = engine.matrix([rows, columns], { dtype });
        matrix.set(weight[dtype]);
        const norm = repeated(() => engine.spectralNorm(matrix));
        return clocked(dtype, Object.assign(norm, { dispose: () => matrix.free() }));
      });
      cases.push({ name: `${rows}×${columns}`, results: await alternate(runners, { rounds: Math.min(rounds, 7) }) });
    }
    return { versions: {}, cases };
  },
};
