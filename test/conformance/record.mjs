/**
 * Records the bits of the conformance suite: `node test/conformance/record.mjs --write` after a change of the numerics
 * that was meant; without `--write` it shows what such a change would replace.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { load } from "spectral-norm";
import { differences, record } from "./suite.mjs";

const FIXTURE = new URL("../fixtures/conformance-bits.json", import.meta.url);

function recorded() {
  try {
    return JSON.parse(readFileSync(FIXTURE, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

const bits = record(await load());
const failed = Object.entries(bits).filter(([, value]) => /^error:|\bnan\b/.test(value));
const differ = differences(bits, recorded());
for (const sentence of differ) console.log(sentence);
console.log(`${Object.keys(bits).length} results, ${differ.length} differ from the recorded ones.`);
for (const [name, value] of failed) console.error(`${name} cannot be recorded: ${value}`);
if (failed.length > 0) process.exitCode = 1;
else if (process.argv.includes("--write")) writeFileSync(FIXTURE, `${JSON.stringify(bits, undefined, 1)}\n`);
else if (differ.length > 0) process.exitCode = 1;
