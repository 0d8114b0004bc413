import { createPool } from "spectral-norm/pool";
import { sigma } from "../sigma.mjs";

// That the bundler has followed the address of the worker, and not left the work to this thread.
const { Worker } = globalThis;
const started = [];
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    started.push(this);
  }
};

createPool({ workers: 2 }).then(async (pool) => {
  const said = await sigma(pool.spectralNorm);
  await pool.close();
  console.log(started.length > 0 ? said : "refused: no worker was started");
});
