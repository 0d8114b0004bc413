/**
 * How workers reach a checkpoint and the files that belong to it.
 *
 * @module
 */
import { companionOf, type Source } from "./sources.ts";
import type { Settings } from "./state.ts";

/**
 * The version of a file is compared after each answer anyway. If-Range, which would ask for that beforehand, is no header
 * that a page may send to other sites without asking them for permission first, and few give it.
 */
function simpleFetch(address: URL, { headers, ...init }: RequestInit): Promise<Response> {
  const simple = new Headers(headers);
  simple.delete("if-range");
  return fetch(address, { ...init, headers: simple });
}

function companionIn(source: Source): ((path: string) => File) | undefined {
  if (source.kind === "url") return undefined;
  return (path) => {
    const found = companionOf(source.files, source.main, path);
    if (found !== undefined) return found;
    const message = `${source.main} is in several files, and "${path}" is not among those given: pick or drop them together`;
    throw Object.assign(new Error(message), { code: "FORMAT" });
  };
}

/** The options of the package's functions that open checkpoints. */
export function accessTo(source: Source): {
  readonly companion: ((path: string) => File) | undefined;
  readonly fetch: never;
} {
  return { companion: companionIn(source), fetch: simpleFetch as never };
}

/** What there is to open. */
export function fileOf(source: Source): File | URL {
  if (source.kind === "url") return new URL(source.url);
  return source.files.find(({ path }) => path === source.main)?.file as File;
}

/** The output axis, as the package takes it. */
export function axisOf({ axis }: Settings): 0 | 1 | "last" {
  return axis === "last" ? axis : axis === "1" ? 1 : 0;
}
