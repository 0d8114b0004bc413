// @ts-check
import { measureGenerated, nodes } from "../generated/measure.mjs";
import { startNative } from "../peers/native.mjs";

/** In the second cache, where a pass waits for the processor and not for memory. */
const SHAPE = /** @type {const} */ ([512, 512]);
/** Numbers of the matrix to which the counts belong: eight of each of four rows. */
const NUMBERS = 32;
/** Of a matrix that is there because the program holds one. */
const BLOCK = 32;
const OPERATIONS = 24e6;

/** Multiplications and additions of registers of 128 bits a nanosecond, where a native program does nothing else. */
async function mostArithmetic() {
  const program = await startNative(new Float32Array(BLOCK), 4, 8);
  const rates = [];
  for (let round = 0; round < 20; round += 1)
    rates.push(OPERATIONS / (await program.ask(`arithmetic ${OPERATIONS}`)).seconds / 1e9);
  program.dispose();
  return Math.max(...rates);
}

export const instructions = {
  title: "What V8 makes of a pass",
  about:
    `Instructions of x64 in the two loops of a float32 pass, for ${NUMBERS} numbers of W in each, as V8's optimizing compiler wrote them; an unrolled loop counts as one turn. ` +
    `A nanosecond has as many as all ${NUMBERS} numbers take, over the time of a pass on ${SHAPE.join("×")}, the fastest of 40; beside it what the processor does where it does ` +
    "nothing but multiply and add in registers of 128 bits (bench/native).",
  kind: /** @type {const} */ ("instructions"),
  needs: ["npm", "native", "generated"],
  async measure() {
    const cases = [];
    const most = await mostArithmetic();
    for (const node of nodes()) {
      const { node: version, milliseconds, loops } = await measureGenerated(node, SHAPE);
      const nanoseconds = (milliseconds * 1e6) / ((SHAPE[0] * SHAPE[1]) / NUMBERS);
      cases.push({ name: `Node ${version}`, loops, nanoseconds, most, results: [] });
    }
    return { versions: {}, cases };
  },
};
