/** What the project means to reach: how many times faster than a peer, by shape. */
const targets = [
  { peer: "loops", least: 15, shapes: ["64×64", "128×1152", "512×512", "1024×1024"] },
  { peer: "loops", least: 10, shapes: ["4096×4096"] },
  { peer: "tfjs", least: 10, shapes: ["64×64", "128×1152", "512×512", "1024×1024", "4096×4096"] },
];

/** At most so many milliseconds from import to first σ above an empty script. */
const startupTarget = 20;

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function microseconds(x) {
  if (x >= 999_500) return `${(x / 1e6).toPrecision(3)} s`;
  if (x >= 999.5) return `${(x / 1000).toPrecision(3)} ms`;
  return `${x >= 99.5 ? Math.round(x) : x.toPrecision(2)} µs`;
}

export function cell({ median, min, max }) {
  return `${microseconds(median)} (${microseconds(min)} to ${microseconds(max)})`;
}

/** Ratios of medians to ours and, of samples long enough to say it, whether they reach the targets. */
export function judge({ quick, shapes, startup }) {
  const verdicts = [];
  for (const { shape, results } of shapes) {
    const [ours, ...others] = results;
    for (const { peer, median } of others) {
      const target = quick
        ? undefined
        : targets.find((target) => target.peer === peer && target.shapes.includes(shape));
      const ratio = median / ours.median;
      verdicts.push({ shape, peer, ratio, ...(target && { least: target.least, met: ratio >= target.least }) });
    }
  }
  const { above } = startup;
  return { ratios: verdicts, startup: { above, ...(!quick && { most: startupTarget, met: above <= startupTarget }) } };
}

export function met(verdict) {
  return verdict.met ? "met" : "NOT met";
}

function ratioCell(verdicts, peer, shape) {
  const verdict = verdicts.find((verdict) => verdict.peer === peer && verdict.shape === shape);
  return `${verdict.ratio.toPrecision(3)}×${verdict.least === undefined ? "" : ` (${met(verdict)}: ${verdict.least}×)`}`;
}

/** A table with a row a shape; `write` makes the cell of a peer. */
function byShape(shapes, skipped, write) {
  const names = shapes[0].results.map(({ peer }) => peer).slice(skipped);
  const head = ["shape", ...names];
  return table(
    head,
    shapes.map(({ shape, results }) => [shape, ...results.slice(skipped).map((result) => write(result, shape))]),
  );
}

function startupLine({ first, empty }, verdict) {
  const target = verdict.most === undefined ? "" : ` (${met(verdict)}: ${verdict.most} ms)`;
  const [with_, without, above] = [first.median, empty.median, verdict.above].map((time) => `${time.toFixed(1)} ms`);
  return `From import to first σ in Node: ${with_}, an empty script ${without}: ${above} above${target}.`;
}

export function markdown({ machine, peers, shapes, calls, startup, verdict }) {
  return [
    `${machine.cpu}, ${machine.cores} cores; Node ${machine.node} (V8 ${machine.v8}), ${machine.platform}.`,
    `${peers.map(({ name, version }) => `${name}: ${version}`).join("; ")}.`,
    "One power iteration, z = WᵀWv and its normalization, float32: median of alternating rounds (least to most).",
    byShape(shapes, 0, cell),
    "Times as long as spectral-norm, by the medians:",
    byShape(shapes, 1, ({ peer }, shape) => ratioCell(verdict.ratios, peer, shape)),
    "A whole call of `powerIteration`:",
    byShape(calls, 0, cell),
    startupLine(startup, verdict.startup),
  ].join("\n\n");
}
