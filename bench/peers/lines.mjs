import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * A program that holds the numbers that it was written, and answers line by line in JSON. It measures by its own clock, so that
 * the pipe costs it nothing. `about` is what it says of itself; `ask(line)` gives `{ sigma, seconds }`.
 */
export async function startLines(command, args, numbers, env = process.env) {
  const child = spawn(command, args.map(String), { env, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${command} ${args.join(" ")} ended`);
    return JSON.parse(value);
  };
  const about = await answer();
  const ask = async (line) => {
    child.stdin.write(`${line}\n`);
    const found = await answer();
    if (found.error !== undefined) throw new Error(`${line}: ${found.error}`);
    return found;
  };
  return { about, ask, dispose: () => child.stdin.end() };
}

/** A runner for `alternate` that asks such a program; `line` makes what it is told of a count. */
export function asking(program, peer, line) {
  const run = async (count) => {
    const { sigma, seconds } = await program.ask(line(count));
    return { sigma, time: seconds * 1e6 };
  };
  return { peer, run };
}
