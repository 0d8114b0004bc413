// @ts-check
/**
 * A process that makes one run after the other, as it is told by pool.mjs.
 *
 * @module
 */
import { perform } from "./perform.mjs";

process.on("message", async (/** @type {import("./plan.mjs").Run} */ run) => {
  const start = performance.now();
  const answer = await perform(run).then(
    (result) => ({ result }),
    (error) => ({ error: String(error?.stack ?? error) }),
  );
  const seconds = (performance.now() - start) / 1000;
  // An error is that whoever asked is gone, which `disconnect` tells, too.
  process.send?.({ ...answer, seconds }, () => {});
});
// Whoever asked is gone, and nobody would read the answer.
process.on("disconnect", () => process.exit());
