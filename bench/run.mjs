import { existsSync } from "node:fs";
import { machine, measure, say } from "./harness.mjs";
import { installPeers } from "./peers/install.mjs";
import { loops, unrolledLoops } from "./peers/loops.mjs";
import { numpy } from "./peers/numpy.mjs";
import { ourCalls, ours } from "./peers/ours.mjs";
import { tfjs } from "./peers/tfjs.mjs";
import { judge, markdown } from "./report.mjs";
import { startup } from "./startup.mjs";

const help = `Usage: npm run bench -- [--json] [--quick]

One power iteration against loops in JavaScript, TensorFlow.js on WebAssembly, and NumPy if it is there.
  --json    the numbers as JSON on standard output, instead of tables
  --quick   two small shapes, short samples, only what needs nothing installed: to see that it runs, not how fast`;

const allShapes = ["64×64", "128×1152", "512×512", "1024×1024", "4096×4096"];
const quickShapes = ["64×64", "37×53"];

async function choosePeers(quick) {
  const builtIn = [await ours(), loops, unrolledLoops];
  if (quick) return builtIn;
  installPeers();
  const peers = [...builtIn, ...(await tfjs())];
  const python = numpy();
  if (python === undefined) say("NumPy is absent: no Python that imports it.");
  return python === undefined ? peers : [...peers, python];
}

async function measureAll(peers, shapes, settings) {
  const measured = [];
  for (const shape of shapes) {
    const [rows, columns] = shape.split("×").map(Number);
    say(`${shape}: ${peers.map(({ name }) => name).join(", ")}`);
    measured.push({ shape, results: await measure(peers, rows, columns, settings) });
  }
  return measured;
}

async function main(args) {
  const unknown = args.find((arg) => !["--json", "--quick"].includes(arg));
  if (unknown !== undefined) {
    say(help);
    process.exitCode = args.includes("--help") ? 0 : 2;
    return;
  }
  if (!existsSync(new URL("../dist/index.js", import.meta.url))) {
    say("dist/ is missing; npm run build makes it.");
    process.exitCode = 1;
    return;
  }
  const quick = args.includes("--quick");
  const shapes = quick ? quickShapes : allShapes;
  const settings = quick ? { rounds: 3, least: 1 } : { rounds: 9, least: 20 };
  const peers = await choosePeers(quick);
  const calls = [...(await ourCalls(1)), ...(await ourCalls(5))];
  const outcome = {
    quick,
    machine: machine(),
    peers: peers.map(({ name, version }) => ({ name, version })),
    shapes: await measureAll(peers, shapes, { ...settings, fewest: 20, agreeAfter: 30 }),
    calls: await measureAll(calls, shapes, { ...settings, fewest: 1, agreeAfter: 0 }),
    startup: startup(quick ? 3 : 21),
  };
  outcome.verdict = judge(outcome);
  console.log(args.includes("--json") ? JSON.stringify(outcome, null, 2) : markdown(outcome));
}

await main(process.argv.slice(2));
