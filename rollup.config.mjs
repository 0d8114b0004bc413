import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { assembled } from "./scripts/lib/assembled.mjs";

const SUFFIX = "?packed";

/** `import text from "./file.wasm?packed"`: the bytes of the file as text, by the modules that read it again. */
const packed = {
  name: "packed",
  resolveId(source, importer) {
    return source.endsWith(SUFFIX) ? resolve(dirname(importer), source) : null;
  },
  async load(id) {
    if (!id.endsWith(SUFFIX)) return null;
    const file = id.slice(0, -SUFFIX.length);
    this.addWatchFile(file);
    const { pack } = await import("./build/ts/engine/packed.js");
    const { join, split } = await import("./build/ts/engine/streams.js");
    const module = await readFile(file);
    const parts = split(module);
    if (!module.equals(join(parts))) throw new Error(`${file} has instructions that streams.ts does not know`);
    return `export default "${pack(parts)}";`;
  },
};

const DIGEST = "?digest";

/** `import digest from "./file.wasm?digest"`: by which the file is known again. */
const digest = {
  name: "digest",
  resolveId(source, importer) {
    return source.endsWith(DIGEST) ? resolve(dirname(importer), source) : null;
  },
  async load(id) {
    if (!id.endsWith(DIGEST)) return null;
    const file = id.slice(0, -DIGEST.length);
    this.addWatchFile(file);
    const { digestOf } = await import("./build/ts/engine/digest.js");
    return `export default "${digestOf(await readFile(file))}";`;
  },
};

/**
 * Most of the JavaScript is comments for readers of the source. Errors carry their names themselves.
 *
 * The glue of wasm-bindgen also takes requests, responses and deprecated arguments, and warns of them; we hand it modules
 * alone, and none of our own code has these globals for values. So all of that can go: half a kilobyte gzipped.
 */
const compactly = {
  module: true,
  ecma: 2022,
  compress: {
    passes: 6,
    // No getter of ours does more than to get.
    pure_getters: true,
    unsafe_arrows: true,
    unsafe_methods: true,
    lhs_constants: false,
    inline: 1,
    hoist_funs: true,
    global_defs: { "@Request": "undefined", "@Response": "undefined", "@Number.POSITIVE_INFINITY": "1/0" },
    pure_funcs: ["console.warn"],
  },
};

const compact = terser(compactly);

/** A bug in the command line prints a stack, which is of use with names and lines: a line break takes no more than a semicolon. */
const traceable = terser({ ...compactly, keep_classnames: true, keep_fnames: true, format: { semicolons: false } });

/** Puts the text first, where it shares no block of gzip with JavaScript; the minifier moves it to where it is used. */
const first = {
  name: "first",
  renderChunk(code) {
    const [text] = code.match(/"[^"]{20000,}"/) ?? [];
    return text === undefined
      ? null
      : { code: `const packedModule=${text};${code.replace(text, () => "packedModule")}`, map: null };
  },
};

/** The entry that carries the smaller module does without what that lacks. */
const small = {
  name: "small",
  resolveId: (source, importer) =>
    source.endsWith("/stored.js") ? resolve(dirname(importer), source.replace("stored.js", "unstored.js")) : null,
};

/** A warning, such as an unresolved import, would ship a broken file; none is expected. */
const onwarn = (warning) => {
  throw new Error(warning.message);
};

/** Set-up sets the folder aside until all is built; see scripts/steps/dist.mjs. */
const directory = process.env.SPECTRAL_NORM_DIST ?? "dist";

// Workers of Cloudflare and Vercel's edge refuse to compile bytes, so those entries keep a static import of the file.
const entry = (name) => ({
  input: `build/ts/${name}.js`,
  output: { file: `${directory}/${name}.js`, format: "es", generatedCode: "es2015" },
  external: /\.wasm(\?module)?$/,
  plugins: [packed, compact, first],
  onwarn,
});

/** One copy of the WebAssembly, of the readers and of the audit is enough: the command line takes them from beside it. */
const library = ["node", "checkpoint", "audit", "repair"];

const commandLine = {
  input: "build/ts/cli/main.js",
  output: { file: `${directory}/cli.js`, format: "es", banner: "#!/usr/bin/env node", generatedCode: "es2015" },
  external: [/^node:/, "bullmq", "ioredis", ...library.map((name) => resolve(`build/ts/${name}.js`))],
  plugins: [nodeResolve({ exportConditions: ["node"] }), commonjs(), traceable],
  onwarn,
};
commandLine.output.paths = Object.fromEntries(library.map((name) => [resolve(`build/ts/${name}.js`), `./${name}.js`]));

/**
 * Adapters take the library by its own name, so that the conditions of package.json choose its entry there, too, and its
 * errors are the very classes that everybody else catches.
 */
const names = new Map(
  Object.entries({ index: "", "engine/errors": "", checkpoint: "/checkpoint" }).map(([file, path]) => [
    resolve(`build/ts/${file}.js`),
    `spectral-norm${path}`,
  ]),
);

const byName = {
  name: "by-name",
  resolveId(source, importer) {
    if (importer === undefined) return null;
    const shared = names.get(resolve(dirname(importer), source));
    return shared === undefined ? null : { id: shared, external: true };
  },
};

const adapter = (name, ...peers) => ({
  input: `build/ts/${name}.js`,
  output: { file: `${directory}/${name}.js`, format: "es", generatedCode: "es2015" },
  external: peers,
  // What is no peer is bundled, as browsers take it.
  plugins: [byName, assembled, nodeResolve({ browser: true }), compact],
  onwarn,
});

/** Who repairs checkpoints reads them first: what both entries need is in a file of its own. */
const readers = {
  ...adapter("checkpoint"),
  input: ["checkpoint", "repair"].map((name) => `build/ts/${name}.js`),
  output: { dir: directory, chunkFileNames: "checkpoint/shared.js", format: "es", generatedCode: "es2015" },
};

/** What is read where the file of the module is not to be had is in a file of its own. */
const node = {
  ...entry("node"),
  output: { dir: directory, chunkFileNames: "node/[name].js", format: "es", generatedCode: "es2015" },
  plugins: [digest, packed, compact, first],
};

export default [
  { ...entry("index"), plugins: [small, packed, compact, first] },
  ...["slim", "workerd", "edge-light"].map(entry),
  node,
  adapter("jax", "@jax-js/jax"),
  adapter("tfjs", "@tensorflow/tfjs"),
  readers,
  adapter("audit"),
  adapter("pool"),
  adapter("model"),
  entry("worker"),
  commandLine,
];
