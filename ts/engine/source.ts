/**
 * Gets the module from whatever a caller of `spectral-norm/slim` passes.
 *
 * @module
 */
import { describe } from "./describe.js";
import { LoadError } from "./errors.js";
import { complaint } from "./validate.js";

/** Compiles what `given` is, or is a promise of. */
export async function moduleFrom(given: unknown): Promise<WebAssembly.Module> {
  const source = await given;
  if (isKind(source, "WebAssembly.Module")) {
    return source as WebAssembly.Module;
  }
  if (ArrayBuffer.isView(source)) {
    // Some engines take no DataView.
    return WebAssembly.compile(new Uint8Array(source.buffer, source.byteOffset, source.byteLength) as BufferSource);
  }
  if (isKind(source, "ArrayBuffer")) {
    return WebAssembly.compile(source as ArrayBuffer);
  }
  if (typeof source === "string" || isKind(source, "URL")) {
    return WebAssembly.compile(await bytesAt(String(source)));
  }
  if (isKind(source, "Response")) {
    return WebAssembly.compile(await bytesOf(source as unknown as Response));
  }
  const inner = defaultOf(source);
  if (inner !== undefined) {
    return moduleFrom(inner);
  }
  const expected = "a WebAssembly.Module, its bytes, a Response, a URL, or a promise of one of these";
  throw new LoadError(complaint("source", expected, source));
}

/** `await import("….wasm")` gives a namespace with the module as its default where bundlers resolve it so. */
function defaultOf(source: unknown): unknown {
  return typeof source === "object" && source !== null && "default" in source ? source.default : undefined;
}

/** By its tag, which holds across realms, unlike `instanceof`. */
function isKind(value: unknown, tag: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}

async function bytesAt(address: string): Promise<BufferSource> {
  if (address.startsWith("file:")) {
    const bytes = fileAt(address);
    if (bytes !== undefined) {
      return bytes;
    }
  }
  return bytesOf(await fetchFrom(address));
}

async function fetchFrom(address: string): Promise<Response> {
  try {
    return await fetch(address);
  } catch (thrown) {
    const remedy = "A relative address needs a base: new URL(address, import.meta.url)";
    throw new LoadError(`${describe(address)} could not be fetched: ${String(thrown)}. ${remedy}`, { cause: thrown });
  }
}

/** Compiling from bytes rather than from the response, for servers that do not send application/wasm. */
async function bytesOf(response: Response): Promise<ArrayBuffer> {
  if (!response.ok) {
    const from = response.url === "" ? "The response" : describe(response.url);
    throw new LoadError(`${from} answered with status ${response.status}, not with the WebAssembly module`);
  }
  return response.arrayBuffer();
}

/** What is needed of Node's `process` and `node:fs`, which Deno and Bun have too. */
interface NodeProcess {
  getBuiltinModule?(id: "node:fs"): { readFileSync(path: URL): Uint8Array<ArrayBuffer> } | undefined;
}

/**
 * Reads a file in Node, whose `fetch` knows no files; `undefined` elsewhere. It asks for the built-in module at run time
 * because an import of it, even a dynamic one, stops bundlers that build for browsers. At once: the file is small, and what
 * Node reads promises with is not there before it is asked for, which takes longer than the file.
 */
export function fileAt(address: string): Uint8Array<ArrayBuffer> | undefined {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return process?.getBuiltinModule?.("node:fs")?.readFileSync(new URL(address));
}
