import { cpus } from "node:os";

/** An LCG's top bits, summed in threes and centered: seeded, nearly normal. */
export function seededMatrix(rows, columns, seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: rows * columns }, () => next() + next() + next() - 1.5);
}

/** Noise, and one direction three times as strong as it: after a few iterations σ is the norm, whoever computes it. */
export function gappedMatrix(rows, columns, seed = 20180101) {
  const weight = seededMatrix(rows, columns, seed);
  const strength = (3 * (Math.sqrt(rows) + Math.sqrt(columns))) / Math.sqrt(rows * columns);
  const across = Float64Array.from({ length: columns }, (_, j) => Math.sin(j + 1));
  for (let i = 0, at = 0; i < rows; i++) {
    const factor = strength * Math.sin(0.7 * (i + 1));
    for (let j = 0; j < columns; j++, at++) weight[at] += factor * across[j];
  }
  return weight;
}

/** Independent standard normal numbers: a mixing function ("lowbias32") of a counter, in pairs by Box and Muller. */
export function gaussianMatrix(rows, columns, seed) {
  let counter = Math.imul(seed, 0x85ebca6b);
  const uniform = () => {
    counter = (counter + 0x9e3779b9) | 0;
    let x = Math.imul(counter ^ (counter >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 + 2 ** -33;
  };
  const matrix = new Float32Array(rows * columns);
  for (let k = 0; k < matrix.length; k += 2) {
    const [length, angle] = [Math.sqrt(-2 * Math.log(uniform())), 2 * Math.PI * uniform()];
    matrix[k] = length * Math.cos(angle);
    if (k + 1 < matrix.length) matrix[k + 1] = length * Math.sin(angle);
  }
  return matrix;
}

/** Progress goes to standard error, so that standard output holds the result alone. */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

export function machine() {
  const { node, v8 } = process.versions;
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node,
    v8,
    platform: `${process.platform} ${process.arch}`,
  };
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

/** Visits every runner in each round, in an order that turns, so that a slow spell of the machine falls on all of them. */
export async function inTurns(runners, rounds, visit) {
  for (let round = 0; round < rounds; round++) {
    const turn = round % runners.length;
    for (const runner of [...runners.slice(turn), ...runners.slice(0, turn)]) await visit(runner);
  }
}

async function agree(runners, iterations, most) {
  const [reference, ...others] = await Promise.all(
    runners.map(async ({ peer, step }) => ({ peer, sigma: await step(iterations) })),
  );
  for (const { peer, sigma } of others) {
    if (Math.abs(sigma / reference.sigma - 1) > most) {
      throw new Error(`${peer.name} finds σ = ${sigma}, ${reference.peer.name} ${reference.sigma}`);
    }
  }
}

/**
 * Microseconds an iteration for every peer, on one matrix, in turns; `fewest` iterations a sample, at least, keep small what a
 * call costs besides. A peer is `{ name, version, prepare(weight, rows, columns) }`; what it prepares runs as many
 * power iterations from all ones as it is told, and returns its estimate of σ.
 */
export async function measure(peers, rows, columns, { rounds, least, fewest, agreeAfter, agreement = 1e-3 }) {
  const weight = seededMatrix(rows, columns, 20180101);
  const runners = peers.map((peer) => ({ peer, step: peer.prepare(weight, rows, columns), samples: [] }));
  try {
    if (agreeAfter > 0) await agree(runners, agreeAfter, agreement);
    for (const runner of runners) runner.count = await calibrate(runner.step, least, fewest);
    await inTurns(runners, rounds, async ({ step, count, samples }) => {
      samples.push(((await clock(step, count)) / count) * 1000);
    });
    return runners.map(({ peer, samples }) => ({ peer: peer.name, ...summary(samples) }));
  } finally {
    for (const { step } of runners) step.dispose?.();
  }
}
