import { existsSync } from "node:fs";
import { gaussianMatrix, inTurns, machine, say, summary } from "./harness.mjs";
import { javaScriptNorms, pythonNorms } from "./peers/norms.mjs";
import { setUpPython } from "./peers/python.mjs";
import { judge, markdown } from "./report-norms.mjs";

const help = `Usage: npm run bench:norms -- [--json] [--quick] [--shapes 512,1024]

The spectral norm to 1e-6: this package against SciPy's svds, numpy.linalg.norm and, where bench/.venv has it, PyTorch.
  --json      the numbers as JSON on standard output, instead of tables
  --quick     two small shapes, short samples, only what needs nothing installed: to see that it runs, not how fast
  --shapes    sides of the square matrices, instead of 512,1024,2048,4096`;

const allSides = [512, 1024, 2048, 4096];
const quickSides = [48, 80];

/** A peer that has taken so many milliseconds in all is not asked again: the slow ones need no more samples to be slow. */
const patience = 30_000;
/** All must agree on σ to this. */
const agreement = 1e-5;

/** Microseconds that each peer takes, by alternating rounds, and how far its σ is from the reference. */
async function measureSide(side, rounds, withPython) {
  const weight = gaussianMatrix(side, side, side);
  const own = await javaScriptNorms(weight, side, withPython);
  const other = withPython ? await pythonNorms(weight, side) : undefined;
  const runners = [...own.peers, ...(other?.peers ?? [])].map((peer) => ({ ...peer, samples: [], spent: 0 }));
  say(`${side}×${side}: ${runners.map(({ name }) => name).join(", ")}`);
  try {
    const reference = other?.reference ?? own.reference;
    const visit = async (runner) => {
      if (runner.spent > patience) return;
      const { sigma, time } = await runner.run();
      runner.error = sigma / reference - 1;
      if (!(Math.abs(runner.error) < agreement)) {
        throw new Error(`${runner.name} finds σ = ${sigma} of ${side}×${side}, the reference ${reference}`);
      }
      runner.samples.push(time);
      runner.spent += time / 1000;
    };
    // The first call of each warms it up and is not counted, unless it is a long one.
    await inTurns(runners, 1, visit);
    for (const runner of runners.filter(({ spent }) => spent <= patience / rounds)) runner.samples = [];
    await inTurns(runners, rounds, visit);
    const results = runners.map(({ name, error, samples }) => ({
      peer: name,
      error,
      count: samples.length,
      ...summary(samples),
    }));
    return { about: other?.about, side, shape: `${side}×${side}`, reference, results };
  } finally {
    own.dispose();
    other?.dispose();
  }
}

function readArguments(args) {
  const chosen = { json: false, quick: false, sides: undefined };
  for (let k = 0; k < args.length; k++) {
    if (args[k] === "--json") chosen.json = true;
    else if (args[k] === "--quick") chosen.quick = true;
    else if (args[k] === "--shapes" && /^\d+(,\d+)*$/.test(args[k + 1] ?? "")) {
      chosen.sides = args[++k].split(",").map(Number);
    } else return undefined;
  }
  return chosen;
}

async function main(args) {
  const chosen = readArguments(args);
  if (chosen === undefined) {
    say(help);
    process.exitCode = args.includes("--help") ? 0 : 2;
    return;
  }
  if (!existsSync(new URL("../dist/index.js", import.meta.url))) {
    say("dist/ is missing; npm run build makes it.");
    process.exitCode = 1;
    return;
  }
  const { quick } = chosen;
  const missing = quick ? "--quick asks for nothing that must be installed" : setUpPython();
  if (missing !== undefined && !quick) say(`Python's peers are left out: ${missing}.`);
  const shapes = [];
  for (const side of chosen.sides ?? (quick ? quickSides : allSides)) {
    const rounds = quick ? 3 : Math.max(5, Math.min(25, Math.round(12_800 / side)));
    shapes.push(await measureSide(side, rounds, missing === undefined));
  }
  const [{ about }] = shapes;
  const outcome = { quick, machine: machine(), python: about ?? { missing }, shapes, verdicts: judge(quick, shapes) };
  console.log(chosen.json ? JSON.stringify(outcome, null, 2) : markdown(outcome));
}

await main(process.argv.slice(2));
