// @ts-check
import { alternate, clocked, repeated } from "../alternate.mjs";
import { gaussianMatrix } from "../harness.mjs";

/** @type {[rows: number, columns: number][]} */
const shapes = [
  [1024, 1024],
  [4096, 4096],
  [11008, 4096],
];

/** The nearest numbers towards 0 that bfloat16 has, and their bits: both runners are asked for the same norm. @param {Float32Array} weight */
function halved(weight) {
  const bits = new Uint32Array(weight.buffer, weight.byteOffset, weight.length);
  return {
    float32: new Float32Array(bits.map((word) => word & 0xffff0000).buffer),
    bfloat16: Uint16Array.from(bits, (word) => word >>> 16),
  };
}

export const storage = {
  title: "bfloat16 in memory against float32",
  about:
    "`spectralNorm` of Gaussian matrices in the engine's memory, of the same numbers, which bfloat16 has: it is widened in registers, at each " +
    "pass, so that half of the bytes are read.",
  needs: [],
  own: "bfloat16",
  goal: (/** @type {{ name: string }} */ { name }) => (name === "4096×4096" ? 1.4 : undefined),
  async measure(/** @type {{ rounds: number, quick: boolean }} */ { rounds, quick }) {
    // The entry that carries its module has no bfloat16.
    const { load } = await import("../../dist/node.js");
    const engine = await load();
    const cases = [];
    for (const [rows, columns] of quick ? [[64, 48]] : shapes) {
      const weight = halved(gaussianMatrix(rows, columns, rows));
      const [half, whole] = [engine.matrix([rows, columns], { dtype: "bfloat16" }), engine.matrix([rows, columns])];
      half.set(weight.bfloat16);
      whole.set(weight.float32);
      const runners = [
        clocked(
          "bfloat16",
          repeated(() => engine.spectralNorm(half)),
        ),
        clocked(
          "float32",
          repeated(() => engine.spectralNorm(whole)),
        ),
      ];
      cases.push({ name: `${rows}×${columns}`, results: await alternate(runners, { rounds: Math.min(rounds, 7) }) });
      half.free();
      whole.free();
    }
    return { versions: {}, cases };
  },
};
