// @ts-check
import { asking } from "../peers/lines.mjs";
import { startNative } from "../peers/native.mjs";
import { powerCase } from "./power.mjs";

/** @type {[number, number][]} */
const shapes = [
  [512, 512],
  [1024, 1024],
  [4096, 4096],
];

export const native = {
  title: "One power iteration against the same loops compiled natively",
  about:
    "The loops of the WebAssembly in registers of 128 bits, compiled for this machine by `rustc` (bench/native): what WebAssembly itself costs.",
  needs: ["native"],
  goal: (/** @type {{ name: string }} */ { name }) => (name === "4096×4096" ? 0.9 : undefined),
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    let versions = {};
    const cases = [];
    for (const shape of shapes) {
      cases.push(
        await powerCase(shape, rounds, async (weight, rows, columns) => {
          const program = await startNative(weight, rows, columns);
          versions = program.about;
          const { run } = asking(program, "", (count) => `pass ${count}`);
          return [{ peer: "native, 128 bits", run, dispose: program.dispose }];
        }),
      );
    }
    return { versions, cases };
  },
};
