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
}

/** A command of `spectral-norm`. */
export interface Command {
  /** Arguments and options in short, e.g. `FILE...` */
  readonly usage: string;
  readonly summary: string;
  readonly flags: Readonly<Record<string, Flag>>;
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

/** The help of one command. */
export function commandHelp(name: string, { usage, summary, flags }: Command): string {
  const rows = Object.entries(flags).map(
    ([flag, { value, help }]) => [`--${flag}${value ? ` ${value}` : ""}`, help] as const,
  );
  const lines = definitions([...rows, ["--help", "Show this"]]);
  return `Usage: spectral-norm ${name} ${usage}\n\n${summary}\n\n${lines}\n`;
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
