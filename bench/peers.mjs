// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { command } from "./command.mjs";
import { figures } from "./figures.mjs";
import { unreadable } from "./generated/measure.mjs";
import { machine, say } from "./harness.mjs";
import { parts } from "./parts/index.mjs";
import { installPeers } from "./peers/install.mjs";
import { buildNative } from "./peers/native.mjs";
import { setUpPython } from "./peers/python.mjs";
import { filled } from "./report-peers.mjs";

const help = `Usage: npm run bench:peers -- [--only PART,…] [--rounds 11] [--json] [--quick] [--draw] [--check]

This package against everything that does the same, on one thread each, by turns; what is found goes to docs/benchmarks.json, its
tables to docs/benchmarks.md and docs/performance.md, its pictures to docs/benchmarks/. It makes the environment of Python and
installs the peers by itself, 6 GB with PyTorch on Linux.
  --only    some parts, the others staying as they are: ${Object.keys(parts).join(", ")}
  --rounds  samples of each
  --json    what is found on standard output, and no file written
  --quick   small matrices, short samples, only parts that need nothing installed, to standard output: to see that it runs
  --draw    measures nothing, and writes tables and pictures from docs/benchmarks.json
  --check   writes nothing, and fails unless tables and pictures are those of docs/benchmarks.json`;

const docs = (/** @type {string} */ name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
const RECORD = docs("benchmarks.json");

const installers = {
  python: () => setUpPython(),
  torch: () => setUpPython() ?? setUpPython("requirements-torch.txt"),
  npm: () => installPeers(),
  native: () => buildNative(),
  generated: () => unreadable(),
};

/** The reason that a part cannot be measured. @param {string[]} needs */
function missing(needs) {
  return needs.map((need) => installers[/** @type {keyof typeof installers} */ (need)]()).find(Boolean);
}

/** @param {string} id @param {{ rounds: number, quick: boolean }} settings */
async function perform(id, settings) {
  const part = parts[id];
  if (part === undefined) return undefined;
  const reason = settings.quick ? undefined : missing(part.needs);
  if (reason !== undefined) {
    say(`${id} is left out: ${reason}.`);
    return undefined;
  }
  const start = performance.now();
  const load = Number((loadavg()[0] ?? 0).toFixed(1));
  const found = await part.measure(settings);
  say(`${id}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return { machine: machine(), load, rounds: settings.rounds, ...found };
}

function readRecord() {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : {};
}

/** A part that could not be measured here keeps what was found before. @param {string[]} ids @param {any} record @param {any} settings */
async function measureAll(ids, record, settings) {
  const found = { ...record };
  for (const id of ids) {
    say(parts[id]?.title ?? id);
    const outcome = await perform(id, settings);
    if (outcome !== undefined) found[id] = outcome;
  }
  const known = Object.keys(parts).filter((id) => id in found);
  return Object.fromEntries(known.map((id) => [id, found[id]]));
}

/** What is to be in files, by their names. @param {any} record */
function written(record) {
  const pages = ["benchmarks.md", "performance.md"].map((name) => {
    return [name, filled(readFileSync(docs(name), "utf8"), record)];
  });
  return Object.fromEntries([
    ...pages,
    ...Object.entries(figures(record)).map(([name, svg]) => [`benchmarks/${name}`, svg]),
  ]);
}

/** @param {any} record @param {boolean} isCheck */
function draw(record, isCheck) {
  mkdirSync(docs("benchmarks"), { recursive: true });
  for (const [name, text] of Object.entries(written(record))) {
    if (!isCheck) writeFileSync(docs(name), text);
    else if (!existsSync(docs(name)) || readFileSync(docs(name), "utf8") !== text) {
      throw new Error(
        `docs/${name} is not what docs/benchmarks.json gives; \`npm run bench:peers -- --draw\` writes it anew.`,
      );
    }
  }
  say(isCheck ? "docs/benchmarks.md is current" : "docs/benchmarks.md is written");
}

/** Samples have a line each, or the file would be mostly line breaks. @param {any} record */
function json(record) {
  const text = JSON.stringify(record, null, 1);
  return `${text.replaceAll(/\[[\d.,\s]+\]/g, (list) => list.replaceAll(/\s+/g, ""))}\n`;
}

/** @param {{ only?: string, rounds: string, json: boolean, quick: boolean, draw: boolean, check: boolean }} values */
async function main({ only, rounds, json: isPrinted, quick, draw: isDrawn, check }) {
  if (isDrawn || check) return draw(readRecord(), check);
  const everything = Object.keys(parts).filter((id) => !quick || parts[id]?.needs.length === 0);
  const ids = only?.split(",") ?? everything;
  const settings = { rounds: quick ? 3 : Number(rounds), quick };
  const record = await measureAll(ids, quick || isPrinted ? {} : readRecord(), settings);
  if (quick || isPrinted) return console.log(json(record).trimEnd());
  writeFileSync(RECORD, json(record));
  draw(record, false);
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "11" },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    draw: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const unknown = values.only?.split(",").filter((id) => !(id in parts)) ?? [];
await command(values, { help, isKnown: unknown.length === 0, main });
