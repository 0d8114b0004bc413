import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { at } from "./paths.mjs";

const SCRATCH = at("build", "scratch");

const remove = (path) => rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/** Removes what interrupted runs left behind; only for the holder of the lock. */
export function clearScratch() {
  if (!existsSync(SCRATCH)) return;
  for (const name of readdirSync(SCRATCH)) {
    try {
      remove(`${SCRATCH}/${name}`);
    } catch {
      // An orphan of a killed set-up still writes here. Its folder is its own, so it harms nobody; next time.
    }
  }
}

/** An empty folder on the project's own disk, so that its contents can be renamed into place. */
export function scratch(name) {
  const folder = `${SCRATCH}/${name}-${process.pid}`;
  remove(folder);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Puts a finished folder in the place of an old one. At no moment does `target` hold a half-written result. */
export function swap(folder, target) {
  const old = `${SCRATCH}/old-${process.pid}`;
  remove(old);
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(folder, target);
  remove(old);
}
