import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { tensorsFor, writeModel } from "./big/model.mjs";
import { machine, median, say } from "./harness.mjs";
import { table } from "./report.mjs";

const help = `Usage: npm run bench:big -- [--gigabytes 6] [--rounds 3] [--spectrum trained|noise] [--folder FOLDER]

Audits a safetensors file of gigabytes, by the library and by the command, and reads and sums the same file, by turns:
rates, and the most memory each took.
  --gigabytes  how large the file is to be, instead of 6; it needs as much room on the disk
  --spectrum   numbers with directions that stand out, as training leaves them, or noise alone, the hardest for a search
  --folder     where to put the file, instead of the folder for temporary files; it is deleted afterwards`;

const run = promisify(execFile);
const script = (/** @type {string} */ name) => fileURLToPath(new URL(`big/${name}.mjs`, import.meta.url));

/** What the project means to reach. */
const LEAST_SHARE = 0.6;
const MOST_BYTES = 250e6;

async function child(/** @type {string} */ name, /** @type {string} */ path) {
  const { stdout } = await run(process.execPath, [script(name), path]);
  return JSON.parse(stdout);
}

async function measure(/** @type {string} */ path, /** @type {number} */ rounds) {
  const results = { sum: [], audit: [], command: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of ["sum", "audit", "command"]) {
      const result = await child(name, path);
      say(`${name}: ${result.seconds.toFixed(1)} s, ${(result.peak / 1e6).toFixed(0)} MB`);
      results[name].push(result);
    }
  }
  return { ...results, parts: await child("parts", path) };
}

function report(
  /** @type {any} */ { sum, audit, command, parts },
  /** @type {number} */ size,
  /** @type {string} */ spectrum,
) {
  const rate = (/** @type {any[]} */ results) => size / median(results.map(({ seconds }) => seconds)) / 1e6;
  const peak = (/** @type {any[]} */ results) => Math.max(...results.map((result) => result.peak)) / 1e6;
  const rows = [
    ["read and summed", `${rate(sum).toFixed(0)} MB/s`, `${peak(sum).toFixed(0)} MB`],
    ["`audit()`, one thread", `${rate(audit).toFixed(0)} MB/s`, `${peak(audit).toFixed(0)} MB`],
    ["`spectral-norm audit`", `${rate(command).toFixed(0)} MB/s`, `${peak(command).toFixed(0)} MB`],
  ];
  const [share, alone] = [rate(command) / rate(sum), rate(audit) / rate(sum)];
  const [{ count, passes, kept }] = audit;
  const ns = (/** @type {number} */ number) => `${number.toFixed(2)} ns`;
  const verdict = (/** @type {boolean} */ isMet) => (isMet ? "met" : "NOT met");
  const { cpu, cores, node } = machine();
  return [
    `${(size / 1e9).toFixed(2)} GB, ${count} weights of a ${spectrum} spectrum, ${(passes / count).toFixed(1)} passes each, ` +
      `${kept} of them left in the file; ${cpu}, ${cores} cores, Node ${node}`,
    "",
    table(["", "rate", "peak of memory"], rows),
    "",
    `Of a number of ${parts.name}, least of five: ${ns(parts.reading)} to read and widen, ${ns(parts.searching)} to search, ` +
      `in ${parts.passes} passes, ${ns(parts.squaring)} for the Frobenius norm.`,
    "",
    `Share of the rate: ${share.toFixed(2)} (${verdict(share >= LEAST_SHARE)}: ${LEAST_SHARE}), on one thread ${alone.toFixed(2)}. ` +
      `Memory: ${verdict(Math.max(peak(audit), peak(command)) * 1e6 <= MOST_BYTES)}: ${MOST_BYTES / 1e6} MB.`,
  ].join("\n");
}

const { values } = parseArgs({
  options: {
    gigabytes: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    spectrum: { type: "string", default: "trained" },
    folder: { type: "string", default: tmpdir() },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(`${help}\n`);
else {
  const folder = mkdtempSync(join(values.folder, "spectral-norm-big-"));
  try {
    const path = join(folder, "model.safetensors");
    say(`writing ${values.gigabytes} GB …`);
    writeModel(path, tensorsFor(Number(values.gigabytes) * 1e9), values.spectrum === "noise" ? "noise" : "trained");
    const results = await measure(path, Number(values.rounds));
    process.stdout.write(`${report(results, statSync(path).size, values.spectrum)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
