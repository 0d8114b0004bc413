import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { npm } from "./lib/run.mjs";

/**
 * Rewrites the lock files: `npm run lock [FOLDER...]`. npm leaves an optional package out when the registry at hand
 * does not carry it, as some mirrors do for other systems' binaries, and then its own `npm ci` refuses the file as
 * incomplete. So the missing ones are added here, by name and exact version; npm fetches one only on its own system.
 */
const FOLDERS = [".", "test/runtimes", "test/packaging", "bench"];
const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** `os`, `cpu` and `libc` as the package itself would state them; their names follow one pattern. */
function platform(name) {
  const words = name.split(/[-/_]/);
  const system = SYSTEMS.find((known) => words.includes(known));
  const processor = PROCESSORS.find((known) => words.includes(known));
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  return {
    ...(processor && { cpu: [processor] }),
    ...(system === "linux" && { libc: [libc] }),
    ...(system && { os: [system] }),
  };
}

/** The optional dependencies that no entry of the lock file stands for. */
function missing(packages) {
  const added = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (packages[`${path}/node_modules/${name}`] || packages[`node_modules/${name}`]) continue;
      added[`node_modules/${name}`] = { version, ...platform(name), ...(entry.dev && { dev: true }), optional: true };
    }
  }
  return added;
}

function complete(file) {
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const added = missing(lock.packages);
  const { "": root, ...rest } = { ...lock.packages, ...added };
  const sorted = Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: { "": root, ...sorted } }, null, 2)}\n`);
  return Object.keys(added).length;
}

async function main(folders) {
  for (const folder of folders.length > 0 ? folders : FOLDERS) {
    await npm(["install", "--package-lock-only"], { cwd: at(folder) });
    console.log(`${join(folder, "package-lock.json")}: ${complete(at(folder, "package-lock.json"))} added`);
  }
}

await main(process.argv.slice(2)).catch(report);
