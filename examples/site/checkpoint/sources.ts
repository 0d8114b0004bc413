/**
 * What an audit can be of: an address, or files of this machine, of which one is the checkpoint and others may belong to it.
 *
 * @module
 */

/** A file, and where it lay below what was picked or dropped, with forward slashes. */
export interface PickedFile {
  readonly path: string;
  readonly file: File;
}

/** What is to be audited, in a form that crosses to workers: a `File` crosses as a reference, not as its bytes. */
export type Source =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "files"; readonly main: string; readonly files: readonly PickedFile[] };

const INDEX = /(?:\.safetensors\.index|\.weights|(?:^|\/)model)\.json$/i;
const TENSORS = /\.(?:safetensors|npy|npz|onnx|keras|h5|hdf5)$/i;
const SHARD = /(?:-\d+-of-\d+\.safetensors|_\d{5}\.weights\.h5)$/i;
const HIDDEN = /(?:^|\/)(?:\.|__MACOSX\/)/;

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/**
 * Which of some files may be checkpoints by themselves, the likeliest first: indexes before the shards that they name, which
 * are then left out. Of files whose names say nothing all are, for the package judges by what they hold.
 */
export function candidates(paths: readonly string[]): readonly string[] {
  const seen = paths.filter((path) => !HIDDEN.test(path)).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const indexes = seen.filter((path) => INDEX.test(path));
  const indexed = new Set(indexes.map(folderOf));
  const tensors = seen.filter((path) => TENSORS.test(path) && !(SHARD.test(path) && indexed.has(folderOf(path))));
  const likely = [...indexes, ...tensors];
  return likely.length > 0 ? likely : seen;
}

/** The file that a checkpoint names: beside it, or the only one of that name wherever it lies. */
export function companionOf(files: readonly PickedFile[], main: string, path: string): File | undefined {
  const beside = files.find((file) => file.path === folderOf(main) + path);
  if (beside !== undefined) return beside.file;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const alike = files.filter((file) => file.path.slice(file.path.lastIndexOf("/") + 1) === name);
  return alike.length === 1 ? alike[0]?.file : undefined;
}

/** What a source is called. */
export function nameOf(source: Source): string {
  return source.kind === "url" ? source.url : source.main;
}
