import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { at, ROOT } from "./paths.mjs";

/**
 * A stamp says: these outputs were made from these inputs. It holds a hash of the inputs' contents and a fingerprint
 * of the outputs, so that a step is done again when either has changed, and only then.
 */
const file = (name) => at("build", "stamps", name.replaceAll(/\W+/g, "-"));

/** Every file under a path, sorted, so that the hash does not depend on the file system's order. */
function files(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name !== "node_modules" && name !== "target");
  return names.sort().flatMap((name) => files(join(path, name)));
}

function inputsHash({ inputs, values }) {
  const hash = createHash("sha256").update(JSON.stringify(values));
  for (const path of inputs.flatMap((input) => files(at(input)))) {
    hash.update(`\0${relative(ROOT, path)}\0`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** Sizes and times only: reading the outputs, hundreds of megabytes with npm packages, would cost the second run dear. */
function outputsPrint(outputs) {
  const hash = createHash("sha256");
  for (const output of outputs) {
    const found = files(output);
    if (found.length === 0) return null;
    for (const path of found) {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path}\0${size}\0${mtimeMs}\0`);
    }
  }
  return hash.digest("hex");
}

const contents = (step) => `${inputsHash(step)}\n${outputsPrint(step.outputs)}\n`;

/** Whether the step's outputs exist as they were made, from inputs that have not changed. */
export function isCurrent(step) {
  const path = file(step.name);
  return existsSync(path) && outputsPrint(step.outputs) !== null && readFileSync(path, "utf8") === contents(step);
}

/** To be called before a step touches anything: an interruption then leaves no stamp. */
export function clearStamp(step) {
  rmSync(file(step.name), { force: true });
}

/** To be called last. `hash` is from before the step ran: inputs edited meanwhile must make the stamp stale. */
export function writeStamp(step, hash) {
  if (outputsPrint(step.outputs) === null)
    throw new Error(`step "${step.name}" did not make ${step.outputs.join(", ")}`);
  mkdirSync(at("build", "stamps"), { recursive: true });
  const path = file(step.name);
  writeFileSync(`${path}.${process.pid}`, `${hash}\n${outputsPrint(step.outputs)}\n`);
  renameSync(`${path}.${process.pid}`, path);
}

export { inputsHash };
