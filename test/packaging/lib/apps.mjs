/**
 * The throwaway apps: each a folder, a way to build it and a way to run it. All but the refused one print the same.
 *
 * @module
 */
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, runEdgeLight, runNode, runWorkerd } from "./bundlers.mjs";
import { npm } from "./tarball.mjs";

const SOURCES = fileURLToPath(new URL("../apps/", import.meta.url));

const CONTENT_POLICY = "default-src 'none'; img-src data:; script-src 'self'";

/**
 * What compiles bytes, or carries them. wasm-bindgen's glue also names instantiateStreaming, for addresses, and compiles
 * what is not a module already; this entry passes it a module. That nothing takes those paths is shown by running the
 * app where they are refused.
 */
const COMPILES =
  /WebAssembly\.compile(?:Streaming)?\b|(?<!instanceof WebAssembly\.Module\|\|\(\w+=)new WebAssembly\.Module\b|\batob\b|fromBase64|fromCharCode/;

function build(name, args) {
  return (cwd) => bundle(name, args, cwd);
}

/** Name, folder of sources, build, run. `run` gets the folder of the copy, its parent and the browser. */
const APPS = [
  ["Node, import", "default", undefined, ({ home }) => runNode("main.mjs", home)],
  ["Node, require()", "require", undefined, ({ home }) => runNode("main.cjs", home)],
  ["Node, slim and raw .wasm", "slim-node", undefined, ({ home }) => runNode("main.mjs", home)],
  [
    "esbuild, in Node",
    "default",
    build("esbuild", ["main.mjs", "--bundle", "--format=esm", "--outfile=out.mjs"]),
    inNode,
  ],
  [
    "esbuild for Node",
    "default",
    build("esbuild", ["main.mjs", "--bundle", "--platform=node", "--format=esm", "--outfile=out.mjs"]),
    inNode,
  ],
  [
    "esbuild for Node, CommonJS",
    "default",
    // What it warns of, that import.meta is empty there, is what the entry expects.
    build("esbuild", ["main.mjs", "--bundle", "--platform=node", "--format=cjs", "--outfile=out.cjs"]),
    ({ home }) => runNode("out.cjs", home),
  ],
  [
    "webpack for Node",
    "default",
    build("webpack", [
      ...["--mode=production", "--target=node", "--entry=./main.mjs", "-o", "out"],
      // CommonJS, which the folder would not take a .js for.
      ...["--output-filename=main.cjs", "--output-chunk-filename=[id].cjs"],
    ]),
    ({ home }) => runNode("out/main.cjs", home),
  ],
  ["rollup, in Node", "default", build("rollup", ["main.mjs", "-p", "node-resolve", "-o", "out.mjs"]), inNode],
  ["rolldown, in Node", "default", build("rolldown", ["main.mjs", "--format", "esm", "--file", "out.mjs"]), inNode],
  [
    "webpack, in Chromium",
    "default",
    build("webpack", ["--mode=production", "--entry=./main.mjs", "-o", "out"]),
    classic,
  ],
  ["Vite, in Chromium", "default", build("vite", ["build", "--outDir", "out"]), inChromium],
  ["Vite, slim and .wasm?url", "slim-vite", build("vite", ["build", "--outDir", "out"]), inChromium],
  ["Vite, pool, in Chromium", "pool", build("vite", ["build", "--outDir", "out"]), inChromium],
  [
    "webpack, pool, in Chromium",
    "pool",
    build("webpack", ["--mode=production", "--entry=./main.mjs", "-o", "out"]),
    classic,
  ],
  ["<script type=module>", "page", undefined, (app) => opened(app)],
  ["same, strict CSP", "page", undefined, (app) => opened(app, `${CONTENT_POLICY} 'wasm-unsafe-eval'`)],
  ["same, CSP without wasm", "page", undefined, (app) => opened(app, CONTENT_POLICY), refusal],
  ["workerd", "workerd", undefined, ({ home }) => runWorkerd(home)],
  ["edge-light entry, in Node", "default", undefined, edgeLight],
  ["jax entry, without its peer", "no-peer", undefined, ({ home }) => runNode("main.mjs", home), namesPeer],
];

function inNode({ home }) {
  return runNode("out.mjs", home);
}

function classic({ home, chromium }) {
  return chromium.open(home, "classic.html");
}

function inChromium({ home, chromium }) {
  return chromium.open(join(home, "out"), "index.html");
}

function opened({ home, root, chromium }, policy) {
  return chromium.open(root, `${home.slice(root.length + 1)}/index.html`, policy);
}

async function edgeLight({ home, root }) {
  const entry = await readFile(join(root, "node_modules/spectral-norm/dist/edge-light.js"), "utf8");
  const found = COMPILES.exec(entry);
  if (found !== null) throw new Error(`dist/edge-light.js compiles bytes, or could: it says ${found[0]}`);
  return runEdgeLight(home);
}

/** Without leave to compile, the page gets an error that says which word its policy lacks. */
function refusal(said) {
  return said.startsWith("refused LOAD: ") && said.includes("wasm-unsafe-eval");
}

/** A static import cannot fail with an error of ours; Node's own names what is missing. */
function namesPeer(said) {
  return said.startsWith("refused ERR_MODULE_NOT_FOUND: ") && said.includes("'@jax-js/jax'");
}

async function attempt([name, sources, prepare, run, isRight], index, { root, chromium }) {
  const home = join(root, `${index}-${sources}`);
  try {
    await cp(join(SOURCES, sources), home, { recursive: true });
    await prepare?.(home);
    return { name, said: await run({ home, root, chromium }), isRight };
  } catch (error) {
    return { name, said: `failed: ${error.message}`, isRight: () => false };
  }
}

/** Runs all apps, two at a time, and gives what each said. */
export async function runApps(root, chromium) {
  await cp(join(SOURCES, "sigma.mjs"), join(root, "sigma.mjs"));
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < APPS.length) {
      const index = next;
      next += 1;
      results[index] = await attempt(APPS[index], index, { root, chromium });
    }
  };
  await Promise.all([work(), work()]);
  return results;
}

/** The command as `npx` finds it in the installed package. */
export async function runCommand(root, version) {
  const said = (await npm(["exec", "--offline", "--no", "--", "spectral-norm", "--version"], root)).trim();
  return { name: "npx spectral-norm --version", said, isRight: (text) => text.includes(version) };
}
