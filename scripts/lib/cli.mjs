import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Whether a module is the command itself and not imported by another. */
export function isCommand(meta) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(meta.url);
}
