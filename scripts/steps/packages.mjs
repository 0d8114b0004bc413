import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "../lib/paths.mjs";
import { npm } from "../lib/run.mjs";
import { scratch, swap } from "../lib/swap.mjs";

const MANIFESTS = ["package.json", "package-lock.json", ".npmrc"];

/** The direct dependencies that are there: an optional one may be for another system. */
function dependencies(folder) {
  const { dependencies: needed = {}, devDependencies = {} } = JSON.parse(
    readFileSync(at(folder, "package.json"), "utf8"),
  );
  return Object.keys({ ...needed, ...devDependencies });
}

/**
 * `npm ci` of one folder of the project. It runs beside the folder and the result is renamed into it: npm killed half
 * way leaves `node_modules` as it was.
 *
 * @returns {import("../lib/steps.mjs").Step}
 */
export function packagesStep(folder, name, note) {
  const modules = at(folder, "node_modules");
  const inputs = MANIFESTS.map((file) => join(folder, file)).filter((file) => existsSync(at(file)));
  return {
    name,
    note,
    inputs: inputs.filter((file) => !file.endsWith("package.json")),
    // Of package.json only this matters to npm: editing a script must not install everything anew.
    values: {
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
      names: dependencies(folder),
    },
    outputs: [
      join(modules, ".package-lock.json"),
      ...dependencies(folder).map((dependency) => join(modules, dependency, "package.json")),
    ],
    async run(onLine) {
      const place = scratch("npm");
      for (const file of inputs) cpSync(at(file), join(place, file.slice(folder === "." ? 0 : folder.length + 1)));
      await npm(["ci", "--no-update-notifier"], { cwd: place, onLine });
      swap(join(place, "node_modules"), modules);
    },
  };
}
