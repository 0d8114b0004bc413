/**
 * Bundlers with the configuration they come with: no plugin for wasm.
 *
 * @module
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../../conformance/drivers/binaries.mjs";
import { execute } from "../../conformance/drivers/process.mjs";

const BIN = fileURLToPath(new URL("../node_modules/.bin/", import.meta.url));

async function must(command, args, cwd) {
  const { code, stdout, output } = await execute(command, args, { cwd });
  if (code !== 0) throw new Error(`${basename(command)} ${args.join(" ")} failed:\n${output}`);
  return stdout;
}

export function bundle(name, args, cwd) {
  return must(join(BIN, name), args, cwd);
}

/** The answer of a program, whatever warnings came beside it. */
export async function runNode(file, cwd) {
  const stdout = await must(process.execPath, [file], cwd);
  return stdout.trim();
}

/** esbuild as wrangler uses it: the `workerd` condition, and .wasm files kept as modules beside the bundle. */
export async function runWorkerd(cwd) {
  const workerd = findBinary("workerd");
  if (workerd === undefined) throw new Error("workerd is not installed: run `npm ci --prefix test/runtimes`");
  const options = ["--bundle", "--format=esm", "--conditions=workerd", "--loader:.wasm=copy", "--outdir=out"];
  await bundle("esbuild", ["main.mjs", ...options], cwd);
  const files = await readdir(join(cwd, "out"));
  const modules = ["main.js", ...files.filter((file) => file.endsWith(".wasm"))].map(
    (file) => `(name = "${file}", ${file.endsWith(".wasm") ? "wasm" : "esModule"} = embed "out/${file}")`,
  );
  await writeFile(
    join(cwd, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "app", worker = (
  compatibilityDate = "2026-11-01", modules = [${modules.join(", ")}]))]);
`,
  );
  const { code, output } = await execute(workerd, ["test", "config.capnp"], { cwd });
  if (code !== 0) throw new Error(`workerd failed:\n${output}`);
  return output.split("\n").find((line) => line.startsWith("sigma ")) ?? `nothing but ${output}`;
}

/**
 * What an edge runtime does, of which there is none to be had that is faithful: `?module` imports give modules that were
 * compiled before the program ran, and nothing can be compiled afterwards.
 */
const edgeRuntime = {
  name: "edge-runtime",
  resolveId: (source, importer) => (source.endsWith(".wasm?module") ? join(importer, "..", source) : null),
  load: async (id) => {
    if (!id.endsWith(".wasm?module")) return null;
    const bytes = await readFile(id.slice(0, -"?module".length), "base64");
    // Node's fetch classes load at their first use and then compile a parser of their own: that must be over before.
    return `const { Module, instantiate } = WebAssembly;
if (typeof Response !== "function" || typeof Request !== "function") throw new Error("this Node has no fetch");
export default new Module(Buffer.from("${bytes}", "base64"));
const refuse = () => { throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder"); };
WebAssembly.Module = new Proxy(Module, { construct: refuse });
WebAssembly.compile = WebAssembly.compileStreaming = WebAssembly.instantiateStreaming = async () => refuse();
WebAssembly.instantiate = async (source, ...rest) => source instanceof Module ? instantiate(source, ...rest) : refuse();`;
  },
};

export async function runEdgeLight(cwd) {
  const { rollup } = await import("rollup");
  const { nodeResolve } = await import("@rollup/plugin-node-resolve");
  const plugins = [edgeRuntime, nodeResolve({ exportConditions: ["edge-light"] })];
  const built = await rollup({ input: join(cwd, "main.mjs"), plugins });
  await built.write({ file: join(cwd, "edge.mjs"), format: "es" });
  await built.close();
  return runNode("edge.mjs", cwd);
}
