/** The suite inside workerd, which compiles no bytes: its entry imports the compiled module. */
import * as inline from "../../dist/index.js";
import { createPool } from "../../dist/pool.js";
import * as api from "../../dist/spectral-norm";
import expected from "../fixtures/conformance-bits.json";
import { conform } from "./suite.mjs";

/** The entry for everything else must say here what is wrong, not break somewhere inside. */
async function inlineTrouble() {
  try {
    await inline.load();
    return ["dist/index.js: expected LOAD, for workerd refuses to compile bytes, got an engine"];
  } catch (error) {
    const isClear = error instanceof inline.SpectralNormError && error.code === "LOAD" && error.message.length > 20;
    return isClear ? [] : [`dist/index.js: expected LOAD and a sentence, got ${error.code}: ${error.message}`];
  }
}

// biome-ignore lint/style/noDefaultExport: workerd calls the default export
export default {
  async test() {
    const outcome = await conform(api, expected, createPool, 0);
    outcome.checks += 1;
    outcome.broken.push(...(await inlineTrouble()));
    console.log(JSON.stringify(outcome));
    const wrong = [...outcome.differ, ...outcome.broken];
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  },
};
