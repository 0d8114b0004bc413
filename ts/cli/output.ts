/**
 * Where reports go: standard output, or a file that is there as a whole or not at all.
 *
 * @module
 */
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OptionError } from "../engine/errors.js";

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
  const target = statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  // Ctrl-C now comes when the file is whole: a handler waits until the event loop goes on, and all of this is one step of it.
  const stop = () => process.exit(130);
  process.on("SIGINT", stop);
  try {
    replace(beside, target, text);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new OptionError(`"output" expected a file that can be written, got ${path}: ${code ?? message}`, { cause });
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off("SIGINT", stop);
}

function replace(beside: string, target: string, text: string): void {
  try {
    const file = openSync(beside, "wx");
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, target);
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw thrown;
  }
}
