/**
 * Where reports go: standard output, or a file that is there as a whole or not at all.
 *
 * @module
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { filesTarget } from "../checkpoint/write/files.js";
import { OptionError } from "../engine/errors.js";
import { exitCodes } from "./exit.js";

/**
 * Checks a path before any work is done.
 *
 * @throws {OptionError} For what is no file, for a folder that is not there, and for a file that is to be read.
 */
export function checkOutput(path: string, inputs: readonly string[]): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    const got = there.isDirectory() ? "a directory" : "a pipe or a device";
    throw new OptionError(`"output" expected a file, got ${got}: ${path}`);
  }
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) {
    throw new OptionError(`"output" expected a file in a folder that exists, got ${path}`);
  }
  const isInput = (input: string) => {
    const status = statSync(input, { throwIfNoEntry: false });
    return status !== undefined && there !== undefined && status.ino === there.ino && status.dev === there.dev;
  };
  if (inputs.some(isInput))
    throw new OptionError(`"output" expected another file than those that are read, got ${path}`);
}

/** Writes a file beside and puts it in place of what is there. A link stays one: what it leads to is replaced. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await interruptible(async () => {
    const target = filesTarget(path, { overwrite: "files", inputs: [], isRehearsal: false });
    try {
      const sink = await target.create(undefined);
      await sink.append(Buffer.from(text));
      await target.finish();
    } catch (thrown) {
      await target.discard();
      throw thrown;
    }
  });
}

/** Work that Ctrl-C ends, after it has cleared away what it left half done. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => controller.abort();
  process.on("SIGINT", stop);
  try {
    const result = await work(signal);
    // It may have come while there was nothing but one last step.
    if (signal.aborted) process.exit(exitCodes.interrupted);
    return result;
  } catch (thrown) {
    if (signal.aborted) process.exit(exitCodes.interrupted);
    throw thrown;
  } finally {
    process.off("SIGINT", stop);
  }
}
