/**
 * Where a result goes, and in which format.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import type { Opened } from "../opened.js";
import type { CheckpointFormat } from "../types.js";
import type { ConvertedFormat } from "../write/convert.js";
import { filesTarget, isFolder, type Overwrite } from "../write/files.js";
import { blobTarget, noTarget } from "../write/memory.js";
import type { Target } from "../write/sink.js";

/** What was asked for. */
export interface Asked {
  readonly output: string | undefined;
  readonly format: ConvertedFormat | undefined;
  readonly overwrite: Overwrite;
  readonly dryRun: boolean;
}

/** A target, and the format to convert to; undefined for that of the checkpoint. */
export interface Destination {
  readonly target: Target;
  readonly format: ConvertedFormat | undefined;
}

/** Finds the destination of what becomes of a checkpoint. */
export async function destinationOf(opened: Opened, asked: Asked): Promise<Destination> {
  const { output, overwrite, dryRun } = asked;
  const format = formatOf(opened, asked);
  if (output === undefined) {
    return { format, target: dryRun ? noTarget() : blobTarget(nameOf(opened, format)) };
  }
  const inputs = opened.files.map(({ source }) => source.name);
  const path = await pathOf(opened, output, format);
  return { format, target: filesTarget(path, { overwrite, inputs, isRehearsal: dryRun }) };
}

/** Which names a format goes by. */
const suffixes: Readonly<Record<CheckpointFormat, readonly string[]>> = {
  safetensors: ["safetensors"],
  npy: ["npy"],
  npz: ["npz"],
  tfjs: ["json"],
  onnx: ["onnx"],
  hdf5: ["h5", "hdf5"],
  keras: ["keras"],
};
const known: ReadonlySet<string> = new Set(Object.values(suffixes).flat());

function suffixOf(path: string): string | undefined {
  const [, suffix = ""] = /\.(\w+)$/.exec(path) ?? [];
  return known.has(suffix.toLowerCase()) ? suffix.toLowerCase() : undefined;
}

function isSharded({ contents, files }: Opened): boolean {
  return files.length > 1 && (contents.format === "safetensors" || contents.format === "hdf5");
}

function formatOf(opened: Opened, { output, format }: Asked): ConvertedFormat | undefined {
  const { contents, name } = opened;
  const own: readonly string[] = isSharded(opened) ? ["json"] : suffixes[contents.format];
  const wanted = output === undefined ? format : suffixOf(output);
  if (wanted === undefined || own.includes(wanted)) return undefined;
  if (wanted === "safetensors" || wanted === "npz") return wanted;
  const names = [...new Set([...own, "safetensors", "npz"])].map((suffix) => `.${suffix}`).join(", ");
  throw new OptionError(
    `"output" expected a name that ends in one of ${names}, for ${name} is ${contents.format}, got ${output}`,
  );
}

/** The name of the file itself, without folders and what an address has behind it. */
function nameOf({ name }: Opened, format: ConvertedFormat | undefined): string {
  const [, base = name] = /([^/\\]+)$/.exec(name.replace(/^(https?:[^?#]*)[?#].*$/, "$1")) ?? [];
  if (format === undefined) return base;
  return `${base.replace(/\.(?:safetensors\.index\.json|weights\.(?:h5|json)|\w+)$/, "")}.${format}`;
}

async function pathOf(opened: Opened, output: string, format: ConvertedFormat | undefined): Promise<string> {
  const isBare = opened.files.length > 1 && format === undefined && suffixOf(output) === undefined;
  const folder = output.replace(/[/\\]+$/, "");
  if (folder !== output || isBare || (await isFolder(output))) return `${folder}/${nameOf(opened, format)}`;
  return output;
}
