/**
 * The module, carried in the JavaScript: the one way of loading that works in every bundler and runtime that compiles
 * bytes.
 *
 * @module
 */
import { unpack } from "./packed.js";
import { join } from "./streams.js";
import packed from "./wasm/small_bg.wasm?packed";

/** Compiles it, off the main thread where the engine can. */
export function inlineModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(join(unpack(packed)));
}
