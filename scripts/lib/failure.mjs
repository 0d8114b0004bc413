/** Something the reader can act on: shown as one sentence, without a stack. */
export class Failure extends Error {
  name = "Failure";
}

/** Ends a script's top level: a sentence for a `Failure`, the stack for a fault of ours. */
export function report(error) {
  console.error(error instanceof Failure ? `error: ${error.message}` : error);
  process.exitCode = 1;
}
