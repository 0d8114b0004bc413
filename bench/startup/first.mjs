import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [dist = fileURLToPath(new URL("../../dist", import.meta.url))] = process.argv.slice(2);
// Another revision's package may have no entry of Node's own.
const entry = ["node.js", "index.js"].find((name) => existsSync(join(dist, name))) ?? "";
const { spectralNorm } = await import(pathToFileURL(join(dist, entry)).href);

const sigma = await spectralNorm([
  [3, 0],
  [0, 4],
]);
// Told by the exit alone: what it takes Node to print is none of the package's.
if (sigma.toFixed(6) !== "4.000000") throw new Error(`the first σ is ${sigma}, not 4`);
