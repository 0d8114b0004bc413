/** Progress goes to stderr, so that `npm start -- --json` writes nothing but JSON to stdout. */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/** Seconds since `start`, a value of `performance.now()`. */
export const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;
