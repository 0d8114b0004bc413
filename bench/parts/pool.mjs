// @ts-check
import { alternate } from "../alternate.mjs";
import { manyWeights, oneWeight, warmPools } from "../peers/pool.mjs";

const NAMES = ["2 workers", "1 worker"];

/** @param {() => Promise<number>} call */
function timed(call) {
  return async (/** @type {number} */ count) => {
    const start = performance.now();
    let sigma = 0;
    for (let n = 0; n < count; n++) sigma = await call();
    return { sigma, time: (performance.now() - start) * 1000 };
  };
}

export const pool = {
  title: "A pool of two workers against one",
  about:
    "`spectral-norm/pool` in the same process: 64 weights of 1024×1024, transferred and given back, and one of 8192×8192 in shared memory, split. " +
    "σ is the sum of the norms. Whatever else the machine does takes from two workers first.",
  needs: [],
  own: "2 workers",
  goal: (/** @type {{ name: string }} */ { name }) => (name.startsWith("one ") ? 1.6 : 1.85),
  async measure(/** @type {{ rounds: number, quick: boolean }} */ { rounds, quick }) {
    const pools = await warmPools([2, 1]);
    const [count, side, split] = quick ? [4, 40, 64] : [64, 1024, 8192];
    const many = manyWeights(count, side);
    const one = oneWeight(split);
    const few = Math.min(rounds, 7);
    const cases = [];
    for (const [name, work] of /** @type {const} */ ([
      [`${count} of ${side}×${side}`, many],
      [`one of ${split}×${split}`, one],
    ])) {
      const runners = pools.map((each, index) => ({ peer: NAMES[index] ?? "", run: timed(() => work(each)) }));
      cases.push({ name, results: await alternate(runners, { rounds: few, patience: 60_000 }) });
    }
    await Promise.all(pools.map((each) => each.close()));
    return { versions: {}, cases };
  },
};
