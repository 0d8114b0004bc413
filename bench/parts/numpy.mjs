// @ts-check
import { asking } from "../peers/lines.mjs";
import { startPython } from "../peers/python.mjs";
import { powerCase } from "./power.mjs";

/** @type {[number, number][]} */
const shapes = [
  [16, 16],
  [32, 32],
  [64, 64],
  [128, 1152],
  [512, 512],
  [1024, 1024],
  [4096, 4096],
];

export const numpy = {
  title: "One power iteration against NumPy",
  about:
    "z = WᵀWv and its normalization, float32, on a matrix that is in memory; NumPy's products are those of OpenBLAS, on one thread.",
  needs: ["python"],
  goal: (/** @type {{ elements: number }} */ { elements }) => (elements <= 64 * 64 ? 8 : 1),
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    let versions = {};
    const cases = [];
    for (const shape of shapes) {
      cases.push(
        await powerCase(shape, rounds, async (weight, rows, columns) => {
          const program = await startPython("numpy_peer.py", weight, [rows, columns]);
          versions = program.about.versions;
          const { run } = asking(program, "", String);
          return [{ peer: "NumPy", run, dispose: program.dispose }];
        }),
      );
    }
    return { versions, cases };
  },
};
