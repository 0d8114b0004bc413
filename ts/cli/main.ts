/**
 * The command line: `spectral-norm COMMAND`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { auditCommand } from "./audit.js";
import { type Command, commandHelp, overview, parse } from "./command.js";
import { completionCommand } from "./completion.js";
import { diffCommand } from "./diff.js";
import { complain, exitCodes } from "./exit.js";
import { bakeCommand, stripCommand } from "./stored.js";
import { lineOfThread, serve } from "./thread.js";
import { clipCommand, normalizeCommand } from "./weights.js";
import { workerCommand } from "./worker.js";

const commands: Map<string, Command> = new Map([
  ["audit", auditCommand],
  ["worker", workerCommand],
  ["normalize", normalizeCommand],
  ["clip", clipCommand],
  ["bake", bakeCommand],
  ["strip", stripCommand],
  ["diff", diffCommand],
]);
commands.set("completion", completionCommand(commands));

/** Codes of errors whose message is all that a user needs. */
const expected = /^(?:OPTION|TYPE|FORMAT|LOAD|OUT_OF_MEMORY|QUEUE|ERR_PARSE_ARGS_.*)$/;

process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // A reader that has seen enough, such as head, is no error. A full disk is.
  if (code === "EPIPE") process.exit();
  complain(`the output could not be written: ${message}`);
  process.exit(exitCodes.usage);
});

async function main([name, ...args]: string[]): Promise<number> {
  try {
    if (name === "--version") return print(`${readVersion()}\n`);
    if (name === "--help" || name === "-h") return print(overview(commands));
    const command = commands.get(name ?? "");
    if (name === undefined || command === undefined) {
      const got = name === undefined ? "nothing" : JSON.stringify(name);
      complain(`expected a command, one of ${[...commands.keys()].join(", ")}, got ${got}; see spectral-norm --help`);
      return exitCodes.usage;
    }
    const { files, values, asksHelp } = parse(command, args);
    return asksHelp ? print(commandHelp(name, command)) : await command.run(files, values, readVersion());
  } catch (thrown) {
    return explain(thrown);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.ok;
}

function readVersion(): string {
  // From dist/cli.js, which this file is bundled into.
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

/** These errors say it all in a sentence. Any other is a bug, and needs its stack. */
function explain(thrown: unknown): number {
  const { code, message, stack } = thrown as { code?: unknown } & Error;
  const isExpected = typeof code === "string" && expected.test(code);
  complain(isExpected ? inFlags(inOneLine(message)) : (stack ?? String(thrown)));
  return exitCodes.usage;
}

/** Without the parser's advice on files whose names begin with a dash. */
function inOneLine(message: string): string {
  return message.replace(/\. To specify a positional argument.*/s, "; see --help").replaceAll("\n", " ");
}

/** Messages of the library name its options; on the command line they are spelled otherwise. */
function inFlags(message: string): string {
  return message.replace(/^"(?:options\.)?([a-zA-Z]+)" expected/, (_, option: string) => {
    return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} expected`;
  });
}

const line = lineOfThread();
if (line === null) process.exitCode = await main(process.argv.slice(2));
else serve(line);
