import { cell, met, table } from "./report.mjs";

/** What the project means to reach: how many times as long a peer takes, by side. */
const targets = [
  { peer: "svds, ARPACK", least: 2, sides: [512, 1024, 4096] },
  { peer: "numpy.linalg.norm", least: 20, sides: [512, 1024, 2048, 4096] },
];

/** The peers' matrix is in their memory, and so is this one. */
const ours = "spectral-norm, handle";

/** Ratios of medians to ours and, of samples long enough to say it, whether they reach the targets. */
export function judge(quick, shapes) {
  return shapes.flatMap(({ side, shape, results }) => {
    const own = results.find(({ peer }) => peer === ours);
    return results
      .filter((result) => result !== own)
      .map(({ peer, median }) => {
        const target = quick ? undefined : targets.find((one) => one.peer === peer && one.sides.includes(side));
        const ratio = median / own.median;
        return { shape, peer, ratio, ...(target && { least: target.least, met: ratio >= target.least }) };
      });
  });
}

/** A table with a row a peer, for shapes have not all the same peers. */
function byPeer(shapes, write) {
  const names = [...new Set(shapes.flatMap(({ results }) => results.map(({ peer }) => peer)))];
  const rows = names.map((name) => [
    name,
    ...shapes.map((shape) => {
      const result = shape.results.find(({ peer }) => peer === name);
      return result === undefined ? "" : write(result, shape);
    }),
  ]);
  return table(
    ["", ...shapes.map(({ shape }) => shape)],
    rows.filter((row) => row.slice(1).some((text) => text !== "")),
  );
}

function ratioCell(verdicts, { peer }, { shape }) {
  const verdict = verdicts.find((one) => one.peer === peer && one.shape === shape);
  if (verdict === undefined) return "";
  return `${verdict.ratio.toPrecision(3)}×${verdict.least === undefined ? "" : ` (${met(verdict)}: ${verdict.least}×)`}`;
}

function versionsOf(python) {
  if (python.missing !== undefined) return `Python's peers are left out: ${python.missing}.`;
  const versions = Object.entries(python.versions).map(([name, version]) => `${name} ${version}`);
  return `${[...versions, ...python.blas].join("; ")}.`;
}

export function markdown({ machine, python, shapes, verdicts }) {
  return [
    `${machine.cpu}, ${machine.cores} cores; Node ${machine.node} (V8 ${machine.v8}), ${machine.platform}.`,
    versionsOf(python),
    "The spectral norm to 1e-6, by default options or as said, of a Gaussian float32 matrix, one thread: median of alternating rounds (least to most).",
    byPeer(shapes, cell),
    "Times as long as spectral-norm takes on a handle, by the medians:",
    byPeer(shapes, (result, shape) => ratioCell(verdicts, result, shape)),
    "Relative error against NumPy in float64, or ml-matrix where there is no Python:",
    byPeer(shapes, ({ error }) => error.toExponential(1)),
  ].join("\n\n");
}
