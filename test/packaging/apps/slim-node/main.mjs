import { readFile } from "node:fs/promises";
import { load, spectralNorm } from "spectral-norm/slim";
import { sigma } from "../sigma.mjs";

const early = await spectralNorm([[1]]).catch((error) => error.code);
if (early !== "LOAD") throw new Error(`expected LOAD before load(), got ${early}`);
await load(await readFile(new URL(import.meta.resolve("spectral-norm/spectral_norm.wasm"))));
console.log(await sigma(spectralNorm));
