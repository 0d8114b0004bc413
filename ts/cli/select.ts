/**
 * Which tensors a command is about, by their names.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import type { Flag, Values } from "./command.js";

/** The options. */
export const selectFlags: Readonly<Record<string, Flag>> = {
  include: {
    value: "NAMES",
    help: "Only tensors with these names: patterns between commas, where * is any text and ? any character, or /a regular expression/",
  },
  exclude: { value: "NAMES", help: "No tensors with these names" },
};

/** Judges names. Patterns are for whole names, regular expressions for any part. */
export function selection({ include, exclude }: Values): (tensor: { readonly name: string }) => boolean {
  const included = patternsOf("include", include);
  const excluded = patternsOf("exclude", exclude);
  return ({ name }) => {
    const matches = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(name));
    return (included.length === 0 || matches(included)) && !matches(excluded);
  };
}

function patternsOf(flag: string, text: string | boolean | undefined): readonly RegExp[] {
  if (typeof text !== "string") return [];
  // A regular expression may have commas of its own.
  const parts = text.match(/\/(?:[^/\\]|\\.)+\/(?=,|$)|[^,]+/g) ?? [];
  if (parts.length === 0) throw new OptionError(`"${flag}" expected names, got ${JSON.stringify(text)}`);
  return parts.map((part) => patternOf(flag, part));
}

function patternOf(flag: string, part: string): RegExp {
  const [, expression] = /^\/(.+)\/$/s.exec(part) ?? [];
  if (expression === undefined) {
    const escaped = part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
  }
  try {
    return new RegExp(expression);
  } catch (cause) {
    throw new OptionError(`"${flag}" expected a regular expression, got ${part}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
