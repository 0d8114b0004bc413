/** Runs the suite inside workerd, all of it embedded as modules, as Cloudflare deploys a worker. */
import { readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { outcomeIn } from "./plain.mjs";
import { execute, inTemporaryFolder, ROOT } from "./process.mjs";

const WORKER = "test/conformance/worker.mjs";
const SUITE = /^test\/conformance\/(?:cases\/.*|bits|cases|contract|data|pool|suite)\.mjs$/;
const PACKAGE = /^dist\/(?!cli).*\.(?:js|wasm)$/;

async function filesOf(folder) {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function kindOf(file) {
  if (file.endsWith(".wasm")) return "wasm";
  return file.endsWith(".json") ? "json" : "esModule";
}

/** The first module is the worker; the names keep the project's layout, so that relative imports hold. */
async function configuration(folder) {
  const found = [...(await filesOf("test/conformance")), ...(await filesOf("dist"))];
  const files = [
    WORKER,
    "test/fixtures/conformance-bits.json",
    ...found.filter((file) => SUITE.test(file) || PACKAGE.test(file)),
  ];
  const modules = files.map(
    (file) => `(name = "${file}", ${kindOf(file)} = embed "${relative(folder, join(ROOT, file))}")`,
  );
  // The package by its own name, as pool.js imports it: names are taken from the folder of who imports.
  const entry = relative(folder, join(ROOT, "dist/workerd.js"));
  modules.push(`(name = "dist/spectral-norm", esModule = embed "${entry}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "conformance", worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    ${modules.join(",\n    ")}
  ]
))]);
`;
}

export function byWorkerd(binary) {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, "config.capnp");
    await writeFile(file, await configuration(folder));
    const { code, output } = await execute(binary, ["test", file]);
    return { code, output, outcome: outcomeIn(output) };
  });
}
