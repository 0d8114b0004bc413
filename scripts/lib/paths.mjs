import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root, whatever folder the command was given in. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A path inside the project. */
export const at = (...parts) => join(ROOT, ...parts);

/**
 * PATH for every child: first what the project pins (npm's wasm-opt, .tools' wasm-pack), then the caller's, then the
 * place where rustup installs, which a shell opened before the installation does not know yet.
 */
export const SEARCH_PATH = [
  at("node_modules", ".bin"),
  at(".tools", "bin"),
  process.env.PATH ?? "",
  join(homedir(), ".cargo", "bin"),
].join(delimiter);
