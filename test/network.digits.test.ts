import { readFileSync } from "node:fs";
import type { Layer, LipschitzBound } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type Example, exampleFolder, readExample } from "./checkpoint/examples.js";
import { engine, expectClose, expectVectorClose } from "./engine/support.js";

/** A classifier with a residual block, batch normalization, grouped and depthwise convolutions, as test/fixtures/digits.py has it. */
const tensors = await readExample("digits-classifier.safetensors");
const tensor = (name: string): Example => tensors[name] as Example;
const recorded: { correct: number; firstLogits: number[]; jacobianNorms: number[] } = JSON.parse(
  readFileSync(new URL("fixtures/digits.json", import.meta.url), "utf8"),
);
const table = readFileSync(new URL("digits.csv", exampleFolder), "utf8").trim().split("\n");
const digits = table.map((line) => {
  const [label = 0, ...pixels] = line.split(",").map(Number);
  return { label, pixels: Float64Array.from(pixels, (pixel) => pixel / 8 - 1) };
});

function convolution(name: string, options: object): Layer {
  const { data, shape } = tensor(`${name}.weight`);
  return { type: "convolution", name, kernel: data, shape, padding: 1, ...options };
}

function batchNorm(name: string): Layer {
  const [gamma, beta] = [tensor(`${name}.weight`).data, tensor(`${name}.bias`).data];
  const [runningMean, runningVar] = [tensor(`${name}.running_mean`).data, tensor(`${name}.running_var`).data];
  return { type: "batchNorm", name, gamma, beta, runningMean, runningVar };
}

const dense = (name: string): Layer => ({ type: "dense", name, ...tensor(`${name}.weight`) });
const relu: Layer = { type: "relu" };

const network: readonly Layer[] = [
  convolution("stem", {}),
  batchNorm("bn0"),
  relu,
  { type: "residual", branch: [convolution("block", {}), batchNorm("bn1"), relu] },
  convolution("down", { stride: 2, groups: 2 }),
  relu,
  convolution("dw", { groups: 64 }),
  relu,
  { type: "flatten" },
  dense("fc1"),
  relu,
  dense("fc2"),
];

/** The forward pass, in plain loops: for each layer, for each output, the inputs it reads and their factors. */
interface Sparse {
  readonly starts: readonly number[];
  readonly places: readonly number[];
  readonly factors: readonly number[];
  readonly shifts: readonly number[];
}

function sparse(
  outputs: number,
  terms: (output: number) => readonly (readonly [number, number])[],
  shift: (output: number) => number,
): Sparse {
  const all = Array.from({ length: outputs }, (_, output) => terms(output));
  const starts = [0];
  for (const one of all) starts.push((starts.at(-1) as number) + one.length);
  const flat = all.flat();
  return {
    starts,
    places: flat.map(([place]) => place),
    factors: flat.map(([, factor]) => factor),
    shifts: Array.from({ length: outputs }, (_, output) => shift(output)),
  };
}

function apply({ starts, places, factors, shifts }: Sparse, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(shifts, (shift, output) => {
    let sum = shift;
    for (let term = starts[output] as number; term < (starts[output + 1] as number); term += 1) {
      sum += (factors[term] as number) * (x[places[term] as number] as number);
    }
    return sum;
  });
}

/** A 3 × 3 convolution of padding 1, with the batch normalization or the bias that follows. */
function convolved(name: string, input: number, stride: number, groups: number, follower: string): Sparse {
  const { data, shape } = tensor(`${name}.weight`);
  const [outputs = 0, channels = 0] = shape;
  const side = Math.floor((input - 1) / stride) + 1;
  const isNorm = follower.startsWith("bn");
  const scaleOf = (channel: number) =>
    isNorm
      ? (tensor(`${follower}.weight`).data[channel] as number) /
        Math.sqrt((tensor(`${follower}.running_var`).data[channel] as number) + 1e-5)
      : 1;
  const shiftOf = (channel: number) =>
    (tensor(isNorm ? `${follower}.bias` : follower).data[channel] as number) -
    (isNorm ? (tensor(`${follower}.running_mean`).data[channel] as number) * scaleOf(channel) : 0);
  const channelOf = (output: number) => Math.floor(output / side ** 2);
  const terms = (output: number) => {
    const [o, y, x] = [channelOf(output), Math.floor((output % side ** 2) / side), output % side];
    const first = Math.floor(o / (outputs / groups)) * channels;
    const found: [number, number][] = [];
    for (let entry = 0; entry < channels * 9; entry += 1) {
      const row = y * stride + Math.floor((entry % 9) / 3) - 1;
      const column = x * stride + (entry % 3) - 1;
      if (row < 0 || row >= input || column < 0 || column >= input) continue;
      const place = ((first + Math.floor(entry / 9)) * input + row) * input + column;
      found.push([place, (data[o * channels * 9 + entry] as number) * scaleOf(o)]);
    }
    return found;
  };
  return sparse(outputs * side ** 2, terms, (output) => shiftOf(channelOf(output)));
}

function connected(name: string): Sparse {
  const { data, shape } = tensor(`${name}.weight`);
  const [outputs = 0, inputs = 0] = shape;
  const row = (output: number) =>
    Array.from(data.subarray(output * inputs, (output + 1) * inputs), (entry, place) => [place, entry] as const);
  return sparse(outputs, row, (output) => tensor(`${name}.bias`).data[output] as number);
}

const stem = convolved("stem", 8, 1, 1, "bn0");
const block = convolved("block", 8, 1, 1, "bn1");
const rest = [convolved("down", 8, 2, 2, "down.bias"), convolved("dw", 4, 1, 64, "dw.bias"), connected("fc1")];
const last = connected("fc2");
const rectified = (x: Float64Array) => x.map((entry) => Math.max(entry, 0));

function logits(pixels: ArrayLike<number>): Float64Array {
  const first = rectified(apply(stem, pixels));
  const branch = rectified(apply(block, first));
  let x = first.map((entry, place) => entry + (branch[place] as number));
  for (const layer of rest) x = rectified(apply(layer, x));
  return apply(last, x);
}

describe("the digits classifier", () => {
  const bound: LipschitzBound = engine.lipschitzBound(network, { inputSize: [8, 8] });
  const largest = Math.max(...recorded.jacobianNorms);

  test("computes what PyTorch does, and knows 1,795 of 1,797 digits", () => {
    const right = digits.filter(({ label, pixels }) => {
      const scores = logits(pixels);
      return scores.indexOf(Math.max(...scores)) === label;
    });
    expect(digits).toHaveLength(1797);
    expect(right).toHaveLength(recorded.correct);
    expect(recorded.correct).toBe(1795);
    expectVectorClose(logits(digits[0]?.pixels ?? []), recorded.firstLogits, 1e-11);
  });

  test("the bound is above the norm of the Jacobian at each of the 1,797 digits", () => {
    expect(recorded.jacobianNorms).toHaveLength(1797);
    const below = recorded.jacobianNorms.filter((norm) => norm > bound.upper);
    expect(below).toEqual([]);
    expect(Math.min(...recorded.jacobianNorms)).toBeGreaterThan(0);
  });

  test("and above the best pair that could be found, which is above every Jacobian", () => {
    const samples = digits.slice(0, 200).map(({ pixels }) => pixels);
    const { lower, pair } = engine.empiricalLipschitz(logits, samples, { evaluations: 2200 });
    const moved = Math.hypot(...logits(pair[0]).map((entry, index) => entry - (logits(pair[1])[index] as number)));
    expectClose(lower, moved / Math.hypot(...pair[0].map((entry, index) => entry - (pair[1][index] as number))), 1e-12);
    expect(lower).toBeLessThanOrEqual(bound.upper);
    expect(lower).toBeGreaterThan(largest);
  });

  test("its table: layers as they run, and what the article counts beside them", () => {
    const expected = JSON.parse(readFileSync(new URL("expected.json", exampleFolder), "utf8"));
    const { operators, tensors: weights } = expected["digits-classifier.safetensors"];
    const rows = new Map(bound.layers.map((row) => [row.name ?? row.path, row]));
    for (const name of ["down", "dw"]) {
      const upper = rows.get(name)?.upper as number;
      expect(upper).toBeGreaterThanOrEqual(operators[name].operatorNorm * (1 - 1e-9));
      expectClose(upper, operators[name].operatorNorm, 1e-6);
    }
    for (const name of ["stem", "block", "down", "dw"]) {
      expectClose(rows.get(name)?.article as number, operators[name].reshapedNormAxis0, 2e-6);
    }
    for (const name of ["fc1", "fc2"]) {
      expectClose(rows.get(name)?.upper as number, weights[`${name}.weight`].spectralNorm, 1e-6);
    }
    for (const [name, into] of [
      ["bn0", "network[0]"],
      ["bn1", "network[3].branch[0]"],
    ] as const) {
      expect(rows.get(name)).toMatchObject({ upper: 1, note: `folded into ${into}` });
      expectClose(rows.get(name)?.article as number, Math.hypot(...tensor(`${name}.weight`).data), 1e-12);
    }
    expect(rows.get("network[3]")?.upper).toBe(1 + (rows.get("block")?.upper as number));
    const product = bound.layers
      .filter(({ path }) => !path.includes("branch"))
      .map(({ upper, article }) => [upper, article]);
    expectClose(
      bound.upper,
      product.reduce((total, [upper = 0]) => total * upper, 1),
      1e-14,
    );
    expectClose(
      bound.article,
      product.reduce((total, [, article = 0]) => total * article, 1),
      1e-14,
    );
  });

  test("for inputs of all sizes it is larger, by less than 1.5 times", () => {
    const { upper } = engine.lipschitzBound(network);
    expect(upper).toBeGreaterThan(bound.upper);
    expect(upper).toBeLessThan(1.5 * bound.upper);
  });
});
