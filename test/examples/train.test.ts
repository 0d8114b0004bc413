import { describe, expect, test } from "vitest";
import { distributions } from "../../examples/shared/data.mjs";
import { methods } from "../../examples/shared/methods.mjs";
import { adam, adamState, criticize, perceptron } from "../../examples/shared/mlp.mjs";
import { normals, seeded } from "../../examples/shared/random.mjs";
import { createTrainer, train } from "../../examples/shared/train.mjs";
import { buffers, entries, expectClose, jax, type Tensor } from "../jax/support.ts";

const { grad, numpy: np, tree } = jax;
const small = { data: distributions.eightGaussians, hidden: 16, batch: 32, criticSteps: 2 };

/** The measurements of a run. */
async function run(settings: Parameters<typeof train>[0]) {
  const reports = [];
  for await (const report of train(settings)) reports.push(report);
  return reports;
}

test("Adam goes as its paper says", () => {
  const params = () => ({ layers: [{ kernel: np.array([[1, -2]]), bias: np.array([0.5]) }] });
  const options = { rate: 0.1, beta1: 0.9, beta2: 0.999 };
  let [p, state] = [params(), adamState(params())];
  const [m, s] = [
    [0, 0],
    [0, 0],
  ];
  const expected = [1, -2];
  for (let step = 1; step <= 5; step += 1) {
    // The gradient of Σw².
    const gradients = tree.map((w: Tensor) => w.mul(2), tree.ref(p));
    [p, state] = adam(p, gradients, state, options);
    for (const [i, w] of expected.entries()) {
      m[i] = 0.9 * (m[i] ?? 0) + 0.1 * 2 * w;
      s[i] = 0.999 * (s[i] ?? 0) + 0.001 * (2 * w) ** 2;
      expected[i] = w - (0.1 * (m[i] / (1 - 0.9 ** step))) / (Math.sqrt(s[i] / (1 - 0.999 ** step)) + 1e-8);
    }
  }
  expectClose(p.layers[0]?.kernel ?? expect.unreachable(), expected);
});

test("a critic gives one score a sample", () => {
  const params = perceptron([2, 8, 8, 1], seeded(1));
  expect(params.layers.map(({ kernel }) => kernel.shape)).toEqual([
    [2, 8],
    [8, 8],
    [8, 1],
  ]);
  expect(criticize(params, np.ones([5, 2])).shape).toEqual([5, 1]);
});

describe.each(Object.keys(methods))("%s", (method) => {
  test("trains, the same for the same seed, and leaves no buffer behind", async () => {
    const finish = async () => {
      const reports = await run({ ...small, method, steps: 4, every: 2, seed: 5 });
      return reports.map(({ distance, criticLoss }) => [distance, criticLoss]);
    };
    const first = await finish();
    const before = buffers();
    expect(await finish()).toEqual(first);
    expect(buffers()).toBe(before);
    expect(first.map(([distance]) => distance)).toHaveLength(3);
    expect(first[2]).not.toEqual(first[1]);
  });

  test("has a critic whose constant is between its bounds", async () => {
    const trainer = createTrainer({ ...small, method });
    for (let step = 0; step < 5; step += 1) await trainer.step();
    const { lower, upper } = await trainer.measure(128);
    expect(lower).toBeGreaterThan(0);
    expect(lower).toBeLessThanOrEqual(upper);
    // A product of three norms: certified, or by fixed steps of an iteration.
    if (method === "spectralCertified") expect(upper).toBeLessThanOrEqual(1.02);
    else if (method === "spectralTorch" || method === "spectralConstraint") expect(upper).toBeLessThan(1.5);
    else if (method === "weightClipping")
      expect(await largest(trainer.effective())).toBeLessThanOrEqual(Math.fround(0.1));
    expect(trainer.steps).toBe(5);
    trainer.dispose();
  });
});

async function largest({ layers }: ReturnType<ReturnType<typeof createTrainer>["effective"]>): Promise<number> {
  const leaves = tree.leaves(layers as never) as Tensor[];
  return Math.max(...leaves.flatMap((leaf) => entries(leaf)).map(Math.abs));
}

test.each([
  // Width of the hidden layers, and modes that are to be found at the end.
  ["spectralTorch", 64, 6],
  ["spectralCertified", 32, 0],
  ["oneSidedPenalty", 32, 0],
])("with %s of width %d the distance falls to less than half in 400 steps", async (method, hidden, modes) => {
  const reports = await run({ data: distributions.eightGaussians, method, steps: 400, every: 400, hidden });
  const [first, last] = [reports[0], reports.at(-1)];
  expect(last?.step).toBe(400);
  expect(last?.distance).toBeLessThan(0.5 * (first?.distance ?? 0));
  expect(last?.covered).toBeGreaterThanOrEqual(modes);
  expect(last?.milliseconds).toBeGreaterThan(0);
});

describe("what the networks make of points", () => {
  const trainer = createTrainer({ ...small, method: "spectralTorch" });

  test("the critic's gradients are the slopes of its scores", async () => {
    await trainer.step();
    const step = 1 / 64;
    const points = distributions.swissRoll.sample(20, seeded(6));
    const moved = (axis: 0 | 1, by: number) => points.map((x, index) => (index % 2 === axis ? x + by : x));
    const { scores, gradients } = await trainer.criticAt(points);
    expect([scores.length, gradients.length]).toEqual([20, 40]);
    for (const axis of [0, 1] as const) {
      const [up, down] = [await trainer.criticAt(moved(axis, step)), await trainer.criticAt(moved(axis, -step))];
      const errors = Array.from({ length: 20 }, (_, i) => {
        const slope = ((up.scores[i] ?? 0) - (down.scores[i] ?? 0)) / (2 * step);
        return Math.abs(slope - (gradients[2 * i + axis] ?? 0));
      });
      // Piecewise linear: exact but for rounding, unless a kink lies within the step.
      expect(errors.sort((a, b) => a - b)[14]).toBeLessThan(1e-4);
    }
  });

  test("none is steeper than the certified bound", async () => {
    const { gradients } = await trainer.criticAt(distributions.eightGaussians.sample(200, seeded(7)));
    const lengths = Array.from({ length: 200 }, (_, i) => Math.hypot(gradients[2 * i] ?? 0, gradients[2 * i + 1] ?? 0));
    expect(Math.max(...lengths)).toBeLessThanOrEqual((await trainer.measure(64)).upper);
  });

  test("samples are what the generator makes of seeded noise", async () => {
    expect(await trainer.generate(normals(seeded(4), 2 * 10))).toEqual(await trainer.sample(10, 4));
  });

  test("looking changes nothing of the training, and leaves no buffer behind", async () => {
    const other = createTrainer({ ...small, method: "spectralTorch" });
    await other.step();
    const points = distributions.swissRoll.sample(8, seeded(1));
    await other.criticAt(points);
    await other.step();
    const before = buffers();
    await trainer.step();
    await other.criticAt(points);
    await other.generate(normals(seeded(1), 8));
    expect(buffers()).toBe(before);
    expect(await other.sample(16)).toEqual(await trainer.sample(16));
    other.dispose();
    trainer.dispose();
  });
});

test("the weight of a gradient penalty is 10 unless it is said", async () => {
  const after = async (given: { lambda?: number }) => {
    const [, last] = await run({ ...small, method: "gradientPenalty", steps: 2, every: 2, ...given });
    return last?.distance;
  };
  const usual = await after({});
  expect(await after({ lambda: 10 })).toBe(usual);
  expect(await after({ lambda: 1 })).not.toBe(usual);
});

test("after a NaN loss everything is as before", async () => {
  let broken = false;
  const { eightGaussians } = distributions;
  const sample: typeof eightGaussians.sample = (count, source) => {
    const points = eightGaussians.sample(count, source);
    return broken ? points.fill(Number.NaN) : points;
  };
  const trainer = createTrainer({ ...small, method: "spectralTorch", data: { ...eightGaussians, sample } });
  await trainer.step();
  const before = await trainer.sample(8);
  const kept = buffers();
  broken = true;
  await expect(trainer.step()).rejects.toMatchObject({
    code: "NON_FINITE",
    message: /"loss" expected finite numbers, got NaN/,
  });
  expect(buffers()).toBe(kept);
  expect(trainer.steps).toBe(1);
  expect(await trainer.sample(8)).toEqual(before);
  broken = false;
  await trainer.step();
  expect(await trainer.sample(8)).not.toEqual(before);
  trainer.dispose();
});

test("settings that are unknown are refused", () => {
  expect(() => createTrainer({ ...small, method: "dropout" })).toThrow(
    "settings.method expected one of none, weightClipping",
  );
  expect(() => createTrainer({ ...small, method: "none", bach: 3 } as never)).toThrow('unknown key "bach"');
});

test("the gradient of a critic on jax-js's wasm backend is that of its cpu backend", async () => {
  await jax.init("cpu", "wasm");
  const penalty = methods["gradientPenalty"]?.penalty ?? expect.unreachable();
  const gradients = (["wasm", "cpu"] as const).map((device) => {
    jax.defaultDevice(device);
    const params = perceptron([2, 16, 16, 1], seeded(3));
    const points = np.array(distributions.swissRoll.sample(8, seeded(4)), { shape: [8, 2] });
    const { layers } = grad(penalty)(params, points);
    return layers.flatMap(({ kernel }) => entries(kernel));
  });
  jax.defaultDevice("wasm");
  const [wasm = [], cpu = []] = gradients;
  const scale = Math.max(...cpu.map(Math.abs));
  expect(Math.max(...wasm.map((x, i) => Math.abs(x - (cpu[i] ?? Number.NaN)))) / scale).toBeLessThan(1e-5);
});
