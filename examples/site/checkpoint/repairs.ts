/**
 * Checkpoints with other weights, as workers write them.
 *
 * @module
 */
import type { Engine } from "spectral-norm";
import { bakeCheckpoint, normalizeCheckpoint, type Repair } from "spectral-norm/repair";
import { accessTo, axisOf, fileOf } from "./access.ts";
import type { Source } from "./sources.ts";
import type { Settings } from "./state.ts";

/** Every weight with norm 1, or the weights that the network uses in the place of stored spectral normalization. */
export type RepairKind = "normalized" | "baked";

/** A file that was written. */
export interface Written {
  readonly path: string;
  readonly blob: Blob;
}

/** How far it is, told in between. */
export interface RepairProgress {
  readonly repairing: string;
  readonly index: number;
  readonly count: number;
}

function tell(
  { name }: { readonly name: string },
  { index, count }: { readonly index: number; readonly count: number },
): void {
  self.postMessage({ repairing: name, index, count } satisfies RepairProgress);
}

const filesOf = ({ files }: Repair): readonly Written[] =>
  files.map(({ path, blob }) => ({ path, blob: blob as Blob }));

/** What was baked, as a source. */
function sourceOf(files: readonly Written[]): Source {
  const all = files.map(({ path, blob }) => ({ path, file: new File([blob], path) }));
  return { kind: "files", main: all[0]?.path ?? "", files: all };
}

/**
 * Writes the checkpoint anew. Where it keeps spectral normalization, PyTorch would divide what is normalized once more, and so
 * that is baked into the weights before.
 */
export async function repaired(
  engine: Engine,
  source: Source,
  settings: Settings,
  kind: RepairKind,
  isStored: boolean,
): Promise<readonly Written[]> {
  const options = { axis: axisOf(settings), tolerance: Number(settings.tolerance), onTensor: tell };
  const from = isStored
    ? sourceOf(filesOf(await bakeCheckpoint(engine, fileOf(source), { ...options, ...accessTo(source) })))
    : source;
  if (kind === "baked") return from.kind === "files" ? from.files.map(({ path, file }) => ({ path, blob: file })) : [];
  return filesOf(await normalizeCheckpoint(engine, fileOf(from), { ...options, ...accessTo(from) }));
}
