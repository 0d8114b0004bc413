/** Where the time of an audit goes: nanoseconds of the processor for each number of the file's largest weights that stay in memory. */
import { openCheckpoint } from "../../dist/checkpoint.js";
import { load } from "../../dist/index.js";

const ROUNDS = 5;
const [path] = process.argv.slice(2);
const engine = await load();
const checkpoint = await openCheckpoint(path);
const { name, shape } = checkpoint.tensors.find((tensor) => tensor.name.endsWith("gate_proj.weight"));
const matrix = engine.matrix(shape);
const count = shape[0] * shape[1];

async function clock(step) {
  let best = Number.POSITIVE_INFINITY;
  let result;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    result = await step();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, user + system);
  }
  return { nanoseconds: (best * 1000) / count, result };
}

const read = await clock(() => checkpoint.read(name, { into: () => matrix.view }));
const search = await clock(() => engine.dominantTriplet(matrix, { gap: false }));
const frobenius = await clock(() => engine.frobeniusNorm(matrix));
const passes = search.result.iterations;
const [reading, searching, squaring] = [read, search, frobenius].map(({ nanoseconds }) => nanoseconds);
process.stdout.write(`${JSON.stringify({ name, passes, reading, searching, squaring })}\n`);
await checkpoint.close();
