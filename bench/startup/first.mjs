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
console.log(Number(sigma.toFixed(6)));
