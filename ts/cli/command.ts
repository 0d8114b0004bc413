/**
 * What a command is, and its help: options are declared once, for the parser and for the reader.
 *
 * @module
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { wrap } from "../checkpoint/report/text.js";

/** An option on the command line. */
export interface Flag {
  /** What to call its value in the help; without one the option is a switch. */
  readonly value?: string;
  readonly help: string;
  /** What its value may be, for the shell to complete. */
  readonly choices?: readonly string[];
  /** Whether its value is the name of a file. */
  readonly isFile?: boolean;
}

/** A command of `spectral-norm`. */
export interface Command {
  /** Arguments and options in short, e.g. `FILE...` */
  readonly usage: string;
  readonly summary: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Paragraphs for the help. */
  readonly description?: readonly string[];
  /** Variables that it heeds. */
  readonly environment?: readonly (readonly [name: string, meaning: string])[];
  /** What to do with it, and how. */
  readonly examples?: readonly (readonly [purpose: string, line: string])[];
  /** Whether its arguments are files. */
  readonly takesFiles?: boolean;
  /** What its arguments may be instead. */
  readonly choices?: readonly string[];
  /** Does the work, and returns the exit code. */
  run(files: readonly string[], values: Values, version: string): Promise<number>;
}

/** Options as given: text, or true for switches. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

const HELP = { help: { type: "boolean", short: "h" } } as const;

/** What stands on the command line after the name of a command. */
export interface Parsed {
  readonly files: readonly string[];
  readonly values: Values;
  readonly asksHelp: boolean;
}

/**
 * Parses the arguments of a command.
 *
 * @throws {TypeError} With a `code` that begins with `ERR_PARSE_ARGS`, for what it does not know.
 */
export function parse(command: Command, args: string[]): Parsed {
  const declared = Object.entries(command.flags).map(([name, { value }]) => [
    name,
    { type: value ? "string" : "boolean" },
  ]);
  const options: NonNullable<ParseArgsConfig["options"]> = { ...Object.fromEntries(declared), ...HELP };
  const { positionals, values } = parseArgs({ args, options, allowPositionals: true, strict: true });
  const { help, ...rest } = values as Values;
  return { files: positionals, values: rest, asksHelp: help === true };
}

const WIDTH = 80;

const exits = [
  ["0", "Everything was done"],
  ["1", "The work was done and found something wrong: NaN in a weight, no convergence, a limit that is exceeded"],
  ["2", "A file or an option is wrong"],
  ["130", "Stopped by Ctrl-C; no file is left half written"],
] as const;

/** The help of one command. */
export function commandHelp(name: string, command: Command): string {
  const { usage, summary, flags, description = [], environment = [], examples = [] } = command;
  const rows = Object.entries(flags).map(
    ([flag, { value, help }]) => [`--${flag}${value ? ` ${value}` : ""}`, help] as const,
  );
  const parts = [
    `Usage: spectral-norm ${name} ${usage}`,
    ...[summary, ...description].map((text) => wrap(text, WIDTH, "")),
    `Options:\n${definitions([...rows, ["--help", "Show this"]])}`,
    `Exit codes:\n${definitions(exits)}`,
    ...(environment.length === 0 ? [] : [`Environment:\n${definitions(environment)}`]),
    ...(examples.length === 0
      ? []
      : [`Examples:\n${examples.map(([purpose, line]) => `  ${purpose}:\n    ${line}`).join("\n")}`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The help of the whole. */
export function overview(commands: ReadonlyMap<string, Command>): string {
  const rows = [...commands].map(([name, { usage, summary }]) => [`${name} ${usage}`, summary] as const);
  const general = definitions([
    ["--help", "Show this, or after a command its options"],
    ["--version", "Show the version"],
  ]);
  return `Usage: spectral-norm COMMAND\n\n${definitions(rows)}\n\n${general}\n`;
}

function definitions(rows: readonly (readonly [term: string, meaning: string])[]): string {
  const column = Math.max(...rows.map(([term]) => term.length)) + 2;
  const entry = ([term, meaning]: readonly [string, string]) =>
    wrap(term.padEnd(column) + meaning, WIDTH - 2, " ".repeat(column)).replace(/^/gm, "  ");
  return rows.map(entry).join("\n");
}
