// @ts-check
import { parseArgs } from "node:util";
import { command } from "./command.mjs";
import { gappedMatrix, inTurns, machine, say, summary } from "./harness.mjs";
import { layers as all, ours, pytorch } from "./peers/layers.mjs";
import { setUpPython } from "./peers/python.mjs";
import { cell, met, table } from "./report.mjs";

const help = `Usage: npm run bench:layers -- [--rounds 15] [--json] [--quick]

What spectral normalization costs a training step: one step of power iteration, σ and W/σ, of one layer and of all layers of
the critic of examples/data, against torch.nn.utils.spectral_norm on one thread, with and without a record for the backward
pass. It makes the Python environment of its peer by itself, which takes 6 GB on Linux, for PyTorch brings CUDA.
  --rounds  samples of each
  --json    the numbers as JSON on standard output, instead of a table
  --quick   two small shapes, short samples, without Python: to see that it runs, not how fast`;

/** @typedef {import("./peers/layers.mjs").Shapes} Shapes */
const quickOnes = Object.fromEntries(["64×64", "the critic"].map((name) => [name, all[name] ?? []]));

/** How many times as long as ours a step of PyTorch is to take. */
const targets = Object.fromEntries(
  Object.keys(all).map((name) => [name, name === "64×64" ? 20 : name === "the critic" ? 4 : 2.2]),
);
/** Float32 sums in another order. */
const AGREEMENT = 1e-5;
const TOGETHER = 30;
const LEAST_MS = 20;

/** After as many steps both have come to the norm: PyTorch's older function begins with the other vector than its newer one, and we. @param {any} own @param {any} other */
async function agree(own, other) {
  const [first, second] = [await own.run(TOGETHER), await other?.run(TOGETHER)];
  const error = second === undefined ? 0 : first.sigma / second.sigma - 1;
  if (!(Math.abs(error) < AGREEMENT)) throw new Error(`we find σ = ${first.sigma}, ${other.name} ${second.sigma}`);
}

/** @param {Shapes} shapes @param {{ rounds: number, least: number, hasPython: boolean }} settings */
async function measure(shapes, { rounds, least, hasPython }) {
  const weights = shapes.map(([rows, columns], seed) => gappedMatrix(rows, columns, seed + 1));
  const own = await ours(shapes, weights);
  const other = hasPython ? await pytorch(shapes, weights) : undefined;
  const runners = [own, ...(other?.peers ?? [])].map((peer) => ({ ...peer, count: 1, samples: [] }));
  try {
    await agree(own, other?.peers[0]);
    for (const runner of runners) {
      for (
        let time = 0;
        time < least;
        runner.count = Math.ceil((runner.count * 1.5 * least) / Math.max(time, least / 8))
      ) {
        const warm = await runner.run(runner.count);
        time = warm.milliseconds;
      }
    }
    await inTurns(runners, rounds, async (/** @type {any} */ runner) => {
      const { milliseconds } = await runner.run(runner.count);
      runner.samples.push((milliseconds / runner.count) * 1000);
    });
    return { about: other?.about, results: runners.map(({ name, samples }) => ({ peer: name, ...summary(samples) })) };
  } finally {
    own.dispose();
    other?.dispose();
  }
}

/** @param {any[]} rows @param {string} peers */
function markdown(rows, peers) {
  const { cpu, cores, node, v8, platform } = machine();
  const [{ results: names }] = rows;
  const ratio = (/** @type {any} */ { name, results: [own, ...others] }) =>
    others.map(({ median }, /** @type {number} */ index) => {
      const times = median / own.median;
      const target = index === 0 ? ` (${met({ met: times >= targets[name] })}: ${targets[name]}×)` : "";
      return `${times.toPrecision(3)}×${target}`;
    });
  const heads = names.map(({ peer }) => peer);
  return [
    `${cpu}, ${cores} cores; Node ${node} (V8 ${v8}), ${platform}. ${peers}.`,
    "A training step's normalization, one step of power iteration, σ and W/σ, float32: median of alternating rounds (least to most).",
    table(
      ["", ...heads],
      rows.map(({ name, results }) => [name, ...results.map(cell)]),
    ),
    ...(heads.length < 2
      ? []
      : [
          "Times as long as spectral-norm:",
          table(
            ["", ...heads.slice(1)],
            rows.map((row) => [row.name, ...ratio(row)]),
          ),
        ]),
  ].join("\n\n");
}

/** @param {{ rounds: string, json: boolean, quick: boolean }} values */
async function main({ rounds, json, quick }) {
  const missing = quick ? "--quick asks for nothing that must be installed" : setUpPython("requirements-torch.txt");
  const settings = {
    rounds: quick ? 3 : Number(rounds),
    least: quick ? 1 : LEAST_MS,
    hasPython: missing === undefined,
  };
  const rows = [];
  for (const [name, shapes] of Object.entries(quick ? quickOnes : all)) {
    say(name);
    rows.push({ name, ...(await measure(shapes, settings)) });
  }
  const versions = Object.entries(rows[0]?.about?.versions ?? {}).map((pair) => pair.join(" "));
  const peers = missing === undefined ? versions.join(", ") : `PyTorch is left out: ${missing}`;
  console.log(json ? JSON.stringify({ machine: machine(), peers, rows, targets }, null, 2) : markdown(rows, peers));
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
await command(values, { help, main });
