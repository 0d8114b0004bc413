/**
 * The other files that a checkpoint names: shards, external data.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { type ByteSource, type CheckpointSource, checked } from "./source.js";

/**
 * How other files are found: as the caller says, or else beside the first one. Each is opened once.
 *
 * @param open Opens what a caller gives.
 * @param keep Is told what was opened otherwise, to be closed at the end.
 * @param found Is told of each file once.
 */
export function companions(
  main: ByteSource,
  given: ((path: string) => CheckpointSource | Promise<CheckpointSource>) | undefined,
  open: (source: CheckpointSource) => Promise<ByteSource>,
  keep: (source: ByteSource) => void,
  found: (path: string, source: ByteSource) => void,
): (path: string) => Promise<ByteSource> {
  const opened = new Map<string, ByteSource>();
  const find = async (path: string): Promise<ByteSource> => {
    if (given !== undefined) return await open(await given(path));
    const other = await main.companion?.(path);
    if (other === undefined) {
      const remedy = "pass the option companion, which gives it";
      throw new FormatError(`${main.name}: expected another file, ${JSON.stringify(path)}, got none: ${remedy}`);
    }
    keep(other);
    return other;
  };
  return async (path) => {
    const known = opened.get(path);
    if (known !== undefined) return known;
    const source = checked(await find(path));
    opened.set(path, source);
    found(path, source);
    return source;
  };
}
