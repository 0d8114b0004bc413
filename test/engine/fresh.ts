import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
let copies = 0;

/** A copy of `spectral-norm/slim` in which nothing was loaded yet. */
export function freshSlim(): Promise<typeof import("spectral-norm/slim")> {
  return fresh("slim");
}

/** A copy of `spectral-norm` in which nothing was loaded yet. */
export function freshMain(): Promise<typeof import("spectral-norm")> {
  return fresh("index");
}

function fresh(name: string) {
  copies += 1;
  // Modules are kept by address, query included; vitest must not touch the import, or it would transform the file.
  const address = `${pathToFileURL(join(root, `dist/${name}.js`)).href}?copy=${copies}`;
  return import(/* @vite-ignore */ address);
}

/** Where the WebAssembly file lies. */
export const wasmFile: string = join(root, "dist/spectral_norm.wasm");

/** Its bytes. */
export function wasmBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(wasmFile));
}
