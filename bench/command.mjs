import { existsSync } from "node:fs";
import { say } from "./harness.mjs";

/**
 * Runs what was asked for; or says how to ask, or what is missing.
 *
 * @template {{ help: boolean, rounds: string }} Values
 * @param {Values} values
 * @param {{ help: string, isKnown?: boolean, main: (values: Values) => Promise<void> | void }} command
 */
export async function command(values, { help, isKnown = true, main }) {
  if (values.help || !(Number(values.rounds) >= 1) || !isKnown) {
    say(help);
    process.exitCode = values.help ? 0 : 2;
  } else if (!existsSync(new URL("../dist/index.js", import.meta.url))) {
    say("dist/ is missing; npm run build makes it.");
    process.exitCode = 1;
  } else await main(values);
}
