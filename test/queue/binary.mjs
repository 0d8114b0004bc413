// @ts-check
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The redis-server of this machine; REDIS_SERVER in the environment says where it is if it is elsewhere.
 *
 * @returns {string | undefined}
 */
export function findRedis() {
  const given = process.env["REDIS_SERVER"];
  if (given !== undefined) return isExecutable(given) ? given : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "redis-server")).find(isExecutable);
}
