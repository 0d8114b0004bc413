// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./compare/revision.mjs";
import { quickWorks, works } from "./compare/works.mjs";
import { machine, measure, say } from "./harness.mjs";
import { cell, table } from "./report.mjs";
import { startup } from "./startup.mjs";

const help = `Usage: npm run bench:compare -- REV [--most 1.1] [--rounds 15] [--json] [--quick]

Another revision of this package against dist/ as it is, by turns in one process: ratios of medians. Exit code 1 where
this one takes more than --most times as long.
  REV       a branch, a tag or a commit, which is built once and kept in build/revisions, or a folder like dist/
  --most    the ratio that is still no regression
  --rounds  samples of each
  --json    the numbers as JSON on standard output, instead of a table
  --quick   three small works, short samples: to see that it runs, not how fast`;

const here = fileURLToPath(new URL("../dist", import.meta.url));
/** Both must find the same norm to this; another method may round otherwise. */
const AGREEMENT = 1e-5;

/** @param {string} dist */
async function engineOf(dist) {
  const { load } = await import(pathToFileURL(join(dist, "index.js")).href);
  return await load();
}

/** @param {import("./compare/works.mjs").Work} work @param {any[]} engines @param {{ rounds: number, least: number }} settings */
async function compare({ name, rows, columns, prepare }, engines, settings) {
  say(`${name}, ${rows}×${columns}`);
  const peers = ["that", "this"].map((peer, index) => ({
    name: peer,
    version: "",
    prepare: (/** @type {Float32Array} */ weight) => prepare(engines[index], weight, [rows, columns]),
  }));
  const agreement = { agreeAfter: 1, agreement: AGREEMENT };
  const [that, now] = await measure(peers, rows, columns, { ...settings, ...agreement, fewest: 1 });
  return { name: `${name}, ${rows}×${columns}`, that, now, ratio: now.median / that.median };
}

/** @param {string} dist @param {number} rounds */
function start(dist, rounds) {
  const { above } = startup(rounds, dist);
  return above;
}

/** @param {{ commit: string, rows: any[], starts: number[], most: number }} outcome */
function markdown({ commit, rows, starts: [that = 0, now = 0], most }) {
  const { cpu, cores, node, platform } = machine();
  const verdict = (/** @type {number} */ ratio) => `${ratio.toFixed(3)}${ratio > most ? " (slower)" : ""}`;
  return [
    `${cpu}, ${cores} cores; Node ${node}, ${platform}. Medians of alternating rounds (least to most).`,
    table(
      ["", commit, "this", "ratio"],
      rows.map((row) => [row.name, cell(row.that), cell(row.now), verdict(row.ratio)]),
    ),
    `From import to first σ in Node, above an empty script: ${that.toFixed(1)} ms, this ${now.toFixed(1)} ms.`,
  ].join("\n\n");
}

/** @param {{ most: string, rounds: string, json: boolean, quick: boolean }} values @param {string} revision */
async function main({ most, rounds, json, quick }, revision) {
  const { commit, dist } = built(revision);
  const engines = [await engineOf(dist), await engineOf(here)];
  const settings = quick ? { rounds: 3, least: 1 } : { rounds: Number(rounds), least: 20 };
  const rows = [];
  for (const work of quick ? quickWorks : works) rows.push(await compare(work, engines, settings));
  const starts = [dist, here].map((folder) => start(folder, quick ? 1 : 15));
  const outcome = { commit, machine: machine(), rows, starts, most: Number(most) };
  console.log(json ? JSON.stringify(outcome, null, 2) : markdown(outcome));
  if (!quick && rows.some(({ ratio }) => ratio > Number(most))) process.exitCode = 1;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    most: { type: "string", default: "1.1" },
    rounds: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [revision, ...others] = positionals;
if (
  values.help ||
  revision === undefined ||
  others.length > 0 ||
  !(Number(values.most) > 0 && Number(values.rounds) >= 1)
) {
  say(help);
  process.exitCode = values.help ? 0 : 2;
} else if (!existsSync(join(here, "index.js"))) {
  say("dist/ is missing; npm run build makes it.");
  process.exitCode = 1;
} else await main(values, revision);
