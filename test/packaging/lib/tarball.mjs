/**
 * The package as npm would publish it, and what may be in it.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execute, ROOT } from "../../conformance/drivers/process.mjs";

/** Everything a user may find in the tarball. A file that matches none of these was published by accident. */
const ALLOWED = [
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/(?:index|node|node\/inline|slim|workerd|edge-light|checkpoint|checkpoint\/shared|audit|repair|pool|model|worker|jax|tfjs|cli)\.js$/,
  /^dist\/spectral_norm\.wasm$/,
  // Types as tsc emits them, one file a module of ts/.
  /^dist\/(?:[\w-]+\/)*[\w.-]+\.d\.ts$/,
];

const REQUIRED = [
  "package.json",
  "README.md",
  "LICENSE",
  "dist/index.js",
  "dist/node.js",
  "dist/node/inline.js",
  "dist/slim.js",
  "dist/workerd.js",
  "dist/edge-light.js",
  "dist/audit.js",
  "dist/checkpoint.js",
  "dist/checkpoint/shared.js",
  "dist/repair.js",
  "dist/pool.js",
  "dist/model.js",
  "dist/worker.js",
  "dist/jax.js",
  "dist/tfjs.js",
  "dist/cli.js",
  "dist/spectral_norm.wasm",
  "dist/index.d.ts",
  "dist/slim.d.ts",
  "dist/audit.d.ts",
  "dist/checkpoint.d.ts",
  "dist/repair.d.ts",
  "dist/pool.d.ts",
  "dist/model.d.ts",
  "dist/worker.d.ts",
  "dist/jax.d.ts",
  "dist/tfjs.d.ts",
  "dist/spectral_norm.wasm.d.ts",
];

/** npm as the one that runs us, so that a project's pinned npm is not mixed with the global one. */
export async function npm(args, cwd) {
  const script = process.env.npm_execpath;
  const [command, ...before] = script?.endsWith(".js") ? [process.execPath, script] : ["npm"];
  const { code, stdout, output } = await execute(command, [...before, ...args], { cwd });
  if (code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${output}`);
  return stdout;
}

/** Packs the project into `folder` without its scripts: what is tested is the dist/ that is there. */
export async function pack(folder) {
  const listing = await npm(["pack", "--ignore-scripts", "--json", "--pack-destination", folder], ROOT);
  const parsed = JSON.parse(listing);
  const [{ filename, files, size, version }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  return { path: join(folder, filename), files: files.map((file) => file.path), size, version };
}

/** What is wrong with the list of files, as sentences. */
export function troubleWith(files) {
  const unexpected = files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file)));
  const missing = REQUIRED.filter((file) => !files.includes(file));
  return [
    ...unexpected.map((file) => `the tarball holds ${file}, which nobody expects there`),
    ...missing.map((file) => `the tarball lacks ${file}`),
  ];
}

/** Installs the tarball where all apps below `folder` find it. Offline, for the package has no dependencies. */
export async function install(tarball, folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "apps", private: true, type: "module" }));
  await npm(["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball], folder);
}
