import { readFile } from "node:fs/promises";

const SUFFIX = "?assembled";

/** `import text from "./file.wat?assembled"`: the module as base64. For rollup, and for tests of what imports it. */
export const assembled = {
  name: "assembled",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!source.endsWith(SUFFIX)) return null;
    // The bundler knows where its importers are: vite calls them by paths from the project's root at times.
    const found = await this.resolve(source.slice(0, -SUFFIX.length), importer, { skipSelf: true });
    return found && found.id + SUFFIX;
  },
  async load(id) {
    if (!id.endsWith(SUFFIX)) return null;
    const file = id.slice(0, -SUFFIX.length);
    this.addWatchFile(file);
    return `export default "${await assemble(await readFile(file, "utf8"))}";`;
  },
};

async function assemble(text) {
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.parseText(text);
  try {
    module.setFeatures(binaryen.Features.SIMD128);
    if (module.validate() !== 1) throw new Error("the module is not valid");
    binaryen.setOptimizeLevel(2);
    binaryen.setShrinkLevel(1);
    module.optimize();
    return Buffer.from(module.emitBinary()).toString("base64");
  } finally {
    module.dispose();
  }
}
