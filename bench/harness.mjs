/** An LCG's top bits, summed in threes and centered: seeded, nearly normal. */
export function seededMatrix(rows, columns, seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: rows * columns }, () => next() + next() + next() - 1.5);
}

export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function summary(samples) {
  return { median: median(samples), min: Math.min(...samples), max: Math.max(...samples) };
}

/** Milliseconds that `count` iterations take. The estimate is asked for, so that nothing can be left undone. */
async function clock(step, count) {
  const start = performance.now();
  const sigma = await step(count);
  const time = performance.now() - start;
  if (!(sigma > 0)) throw new Error(`no estimate: ${sigma}`);
  return time;
}

/** Iterations that fill a sample of at least `least` milliseconds, `fewest` or more; finding them warms the peer up. */
async function calibrate(step, least, fewest) {
  for (let count = fewest; ; ) {
    const time = await clock(step, count);
    if (time >= least) return count;
    count = Math.ceil(count * Math.min(8, Math.max(1.3, (1.2 * least) / Math.max(time, 0.001))));
  }
}

async function agree(runners, iterations) {
  const [reference, ...others] = await Promise.all(
    runners.map(async ({ peer, step }) => ({ peer, sigma: await step(iterations) })),
  );
  for (const { peer, sigma } of others) {
    if (Math.abs(sigma / reference.sigma - 1) > 1e-3) {
      throw new Error(`${peer.name} finds σ = ${sigma}, ${reference.peer.name} ${reference.sigma}`);
    }
  }
}

/**
 * Microseconds an iteration for every peer, on one matrix. Rounds alternate between the peers, in an order that turns,
 * so that a slow spell of the machine falls on all of them; `fewest` iterations a sample, at least, keep small what a
 * call costs besides. A peer is `{ name, version, prepare(weight, rows, columns) }`; what it prepares runs as many
 * power iterations from all ones as it is told, and returns its estimate of σ.
 */
export async function measure(peers, rows, columns, { rounds, least, fewest, agreeAfter }) {
  const weight = seededMatrix(rows, columns, 20180101);
  const runners = peers.map((peer) => ({ peer, step: peer.prepare(weight, rows, columns), samples: [] }));
  try {
    if (agreeAfter > 0) await agree(runners, agreeAfter);
    for (const runner of runners) runner.count = await calibrate(runner.step, least, fewest);
    for (let round = 0; round < rounds; round++) {
      const turn = round % runners.length;
      for (const runner of [...runners.slice(turn), ...runners.slice(0, turn)]) {
        runner.samples.push(((await clock(runner.step, runner.count)) / runner.count) * 1000);
      }
    }
    return runners.map(({ peer, samples }) => ({ peer: peer.name, ...summary(samples) }));
  } finally {
    for (const { step } of runners) step.dispose?.();
  }
}
