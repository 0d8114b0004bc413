/**
 * TensorFlow.js's model.json with other names, or fewer weights: the manifest is written anew, and the files of the
 * weights without the bytes of those that are gone.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import { at, isObject, readJson } from "../formats/format.js";
import type { Opened, OpenedFile } from "../opened.js";
import { type Extent, extentsOf } from "../sources/source.js";
import type { Tensor } from "../tensor.js";
import { type Encoded, encoded, type Kept } from "./edit.js";
import { copyRange, type Target } from "./sink.js";

/** Writes the manifest and the files of the weights that are kept. */
export async function rewriteTfjs(opened: Opened, kept: readonly Kept[], target: Target): Promise<void> {
  const { name, contents, files } = opened;
  const [first, ...others] = files as [OpenedFile, ...OpenedFile[]];
  const remaining = new Set(kept.map(({ tensor }) => tensor));
  const gone = contents.tensors.filter((tensor) => !remaining.has(tensor)).flatMap((tensor) => placesOf(name, tensor));
  const changed = await changesOf(name, kept);
  for (const { path, source } of others) {
    const pieces = [...gone, ...changed].filter((piece) => piece.source === source && piece.size > 0);
    pieces.sort((a, b) => a.offset - b.offset);
    const sink = await target.create(path);
    const append = (bytes: Uint8Array) => sink.append(bytes);
    let end = 0;
    for (const { offset, size, write } of pieces) {
      await copyRange(source, end, offset, append);
      await write?.(append);
      end = offset + size;
    }
    await copyRange(source, end, source.size, append);
  }
  const sink = await target.create(undefined);
  await sink.append(new TextEncoder().encode(JSON.stringify(newManifest(await readJson(first.source), kept))));
}

interface Piece extends Extent {
  /** Writes what takes its place, if anything. */
  readonly write?: (append: (bytes: Uint8Array) => Promise<void>) => Promise<void>;
}

function placesOf(name: string, tensor: Tensor): readonly Piece[] {
  const bytes = tensor.elements?.bytes ?? tensor.raw;
  if (bytes !== undefined) return extentsOf(bytes);
  throw new OptionError(`${at(name, tensor.name)} expected numbers, which could be removed, got ${tensor.dtype}`);
}

async function changesOf(name: string, kept: readonly Kept[]): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const one of kept) {
    if (one.values === undefined) continue;
    let made: Encoded | undefined;
    let start = 0;
    for (const extent of placesOf(name, one.tensor)) {
      const from = start;
      start += extent.size;
      const write: Piece["write"] = async (append) => {
        made ??= await encoded(name, one);
        await copyRange(made, from, from + extent.size, append);
        // A weight lies in several files at times; its numbers go with its last piece.
        if (from + extent.size === made.size) await made.close();
      };
      pieces.push({ ...extent, write });
    }
  }
  return pieces;
}

function newManifest(json: unknown, kept: readonly Kept[]): unknown {
  const names = new Map(kept.map(({ tensor, name }) => [tensor.name, name]));
  const groups = (isObject(json) ? json["weightsManifest"] : json) as { weights: { name: string }[] }[];
  const manifest = groups.map((group) => ({
    ...group,
    weights: group.weights.flatMap((spec) => {
      const name = names.get(spec.name);
      return name === undefined ? [] : [{ ...spec, name }];
    }),
  }));
  return isObject(json) ? { ...json, weightsManifest: manifest } : manifest;
}
