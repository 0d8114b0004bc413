/**
 * Writes a checkpoint in which some tensors are others, in the way that its format asks for.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import type { Opened } from "../opened.js";
import { type ConvertedFormat, convert } from "./convert.js";
import { type Edit, type Kept, keptOf, movesNames } from "./edit.js";
import { changesCompressed, rewriteNpz } from "./npz.js";
import { patchFiles } from "./patch.js";
import { rewriteSafetensors } from "./safetensors.js";
import type { Target, WrittenFile } from "./sink.js";
import { rewriteTfjs } from "./tfjs.js";

type Rewrite = (opened: Opened, kept: readonly Kept[], target: Target) => Promise<void>;

/** What can have other names, or fewer tensors. */
const rewrites: Readonly<Record<string, Rewrite>> = {
  safetensors: rewriteSafetensors,
  npz: rewriteNpz,
  tfjs: rewriteTfjs,
};

/**
 * Writes all files of the result; if anything goes wrong, none.
 *
 * @param format Another format to write; undefined for that of the checkpoint.
 * @throws {OptionError} When the format cannot have what the edit asks for.
 */
export async function writeCheckpoint(
  opened: Opened,
  edit: Edit,
  format: ConvertedFormat | undefined,
  target: Target,
): Promise<readonly WrittenFile[]> {
  try {
    const kept = keptOf(opened, edit);
    if (format !== undefined) await convert(opened, kept, format, target);
    else await writeAlike(opened, kept, edit, target);
    return await target.finish();
  } catch (thrown) {
    await target.discard();
    throw thrown;
  }
}

async function writeAlike(opened: Opened, kept: readonly Kept[], edit: Edit, target: Target): Promise<void> {
  const { name, contents } = opened;
  if (!(movesNames(edit) || changesCompressed(opened, kept))) {
    await patchFiles(opened, kept, target);
    return;
  }
  const rewrite = Object.hasOwn(rewrites, contents.format) ? rewrites[contents.format] : undefined;
  if (rewrite === undefined) {
    const what = "a format whose tensors can be removed and renamed, which are safetensors, npz and tfjs";
    throw new OptionError(
      `${name}: expected ${what}, got ${contents.format}; write to a name that ends in .safetensors instead`,
    );
  }
  await rewrite(opened, kept, target);
}
