/** What Rust makes use of; with more, the module would be written in ways that not every runtime reads. */
const FEATURES = ["SIMD128", "BulkMemory", "BulkMemoryOpt", "NontrappingFPToInt", "SignExt", "MutableGlobals"].concat([
  "ReferenceTypes",
  "Multivalue",
]);

/** What `work` makes of a module, given Binaryen and its view of it, and what `work` returns. */
export async function rewrite(bytes, work) {
  // Set-up loads this file before it has installed anything.
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(bytes);
  try {
    module.setFeatures(FEATURES.reduce((all, name) => all | binaryen.Features[name], 0));
    const outcome = work(binaryen, module);
    return { bytes: Buffer.from(module.emitBinary()), outcome };
  } finally {
    module.dispose();
  }
}
