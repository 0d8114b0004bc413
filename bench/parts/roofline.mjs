// @ts-check
import { alternate } from "../alternate.mjs";
import { gappedMatrix } from "../harness.mjs";
import { asking } from "../peers/lines.mjs";
import { startNative } from "../peers/native.mjs";
import { FEWEST, ownPower } from "./power.mjs";

/** From 64 kB, which the second cache holds, to 1 GB. */
const sides = [128, 256, 512, 1024, 2048, 4096, 8192, 16384];

export const roofline = {
  title: "How near the pass comes to what memory gives",
  about:
    "Gigabytes a second of a float32 matrix that one power iteration reads, by the size of the matrix. The limits are measured in the same run by native code in registers of 128 bits: a sum, which only reads, and a copy, of " +
    "which the bytes read are counted.",
  kind: "rate",
  needs: ["native"],
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    let versions = {};
    const cases = [];
    for (const side of sides) {
      const weight = gappedMatrix(side, side);
      const { runner, reference } = await ownPower(weight, side, side);
      const program = await startNative(weight, side, side);
      versions = program.about;
      // What a sum and a copy give is no norm; that they were done is all that can be asked.
      const limit = (/** @type {string} */ peer, /** @type {string} */ work) => {
        const { run } = asking(program, "", (count) => `${work} ${count}`);
        const timed = async (/** @type {number} */ count) => ({ sigma: reference, time: (await run(count)).time });
        return { peer, run: timed };
      };
      const runners = [
        { ...runner, peer: "spectral-norm" },
        limit("sum, native", "sum"),
        { ...limit("copy, native", "copy"), dispose: program.dispose },
      ];
      const few = side > 4096 ? Math.min(5, rounds) : rounds;
      const settings = { rounds: few, together: 10, fewest: FEWEST, patience: 40_000, reference };
      const results = await alternate(runners, { ...settings, agreement: 1e-4 });
      cases.push({ name: `${side}×${side}`, bytes: weight.byteLength, results });
    }
    return { versions, cases };
  },
};
