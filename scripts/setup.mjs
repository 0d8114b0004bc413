import { isCommand } from "./lib/cli.mjs";
import { report } from "./lib/failure.mjs";
import { withLock } from "./lib/lock.mjs";
import { checkNode, rustVersion } from "./lib/machine.mjs";
import { runSteps } from "./lib/steps.mjs";
import { clearScratch } from "./lib/swap.mjs";
import { distStep } from "./steps/dist.mjs";
import { packagesStep } from "./steps/packages.mjs";
import { targetStep, wasmBindgenStep, wasmPackStep } from "./steps/rust.mjs";
import { typescriptStep } from "./steps/typescript.mjs";
import { wasmStep } from "./steps/wasm.mjs";

/**
 * From a clone to dist/. Runs before node_modules exists, so everything that it imports is Node's own. Each step has
 * a stamp; see lib/stamp.mjs. `extra` are steps to add, such as the runtimes that only the tests need.
 */
export async function setUp(extra = []) {
  checkNode();
  await withLock(async () => {
    clearScratch();
    const rust = await rustVersion();
    await runSteps([
      () => packagesStep(".", "npm packages", "about 30 s"),
      () => targetStep(rust),
      wasmPackStep,
      wasmBindgenStep,
      () => wasmStep(rust),
      typescriptStep,
      distStep,
      ...extra,
    ]);
  });
}

if (isCommand(import.meta)) await setUp().catch(report);
