import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of a program, or `undefined`: where a variable of the environment says, else the first of its names that is on
 * the PATH, else the first of its usual places.
 */
export function findExecutable(variable, names, places = []) {
  const given = process.env[variable];
  if (given !== undefined) return isExecutable(given) ? given : undefined;
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...places].find(isExecutable);
}
