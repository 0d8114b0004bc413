import { say, seconds } from "./say.mjs";
import { clearStamp, inputsHash, isCurrent, writeStamp } from "./stamp.mjs";

const HEARTBEAT = 20_000;
const WIDTH = 90;

/**
 * @typedef {object} Step
 * @property {string} name What is being made, for people.
 * @property {string} [note] How long it may take, where that is long.
 * @property {string[]} inputs Files and folders of the project that the outputs are made from.
 * @property {object} values Everything else that they depend on: versions, settings.
 * @property {string[]} outputs Absolute paths of files or folders that exist when it is done.
 * @property {() => Promise<boolean>} [isReady] Whether the outputs are right although no stamp says so.
 * @property {(onLine: (line: string) => void) => Promise<void>} run
 */

/** Runs one step unless its stamp says that it is done. Returns whether it ran. */
async function runStep(step) {
  if (isCurrent(step)) return false;
  clearStamp(step);
  const hash = inputsHash(step);
  if (await step.isReady?.()) {
    writeStamp(step, hash);
    return false;
  }
  const start = performance.now();
  say(`${step.name} …${step.note ? ` (${step.note})` : ""}`);
  let last = "";
  const heartbeat = setInterval(() => say(`${step.name} … ${seconds(start)} ${last.slice(0, WIDTH)}`), HEARTBEAT);
  try {
    await step.run((line) => {
      last = line;
    });
  } finally {
    clearInterval(heartbeat);
  }
  writeStamp(step, hash);
  say(`${step.name} done in ${seconds(start)}`);
  return true;
}

/**
 * Runs steps in order. Each is given as a function, called when its turn comes: what it depends on may be an output
 * of the one before.
 */
export async function runSteps(makers) {
  const start = performance.now();
  let ran = 0;
  for (const make of makers) ran += (await runStep(await make())) ? 1 : 0;
  if (ran === 0) say(`up to date (${seconds(start)})`);
}
