import { describe, expect, test } from "vitest";
import { follow } from "../../examples/experiments/follow.mjs";
import { perform } from "../../examples/experiments/perform.mjs";
import { makePlan, type Run } from "../../examples/experiments/plan.mjs";
import { angleBetween, gradientAngle, gradientNorms, watch } from "../../examples/experiments/probe.mjs";
import { curveOf, scoresOf } from "../../examples/experiments/quantities.mjs";
import { attack } from "../../examples/shared/attack.mjs";
import { certifiedBound } from "../../examples/shared/certificate.mjs";
import { perceptron } from "../../examples/shared/mlp.mjs";
import { seeded } from "../../examples/shared/random.mjs";
import { adapter, bell, entries, expectClose, jax } from "../jax/support.ts";

const { numpy: np, tree } = jax;
const quick = makePlan("quick");

/** A run of the quick plan cut to a few steps. */
async function make(wanted: Partial<Run>, steps: number) {
  const run = quick.find((one) => Object.entries(wanted).every(([name, value]) => one[name as keyof Run] === value));
  const short = { ...(run ?? expect.unreachable()), steps, every: steps };
  return { key: "", run: short, seconds: 0, result: await perform(short) };
}

describe("a supervised run", () => {
  test("learns the digits, and its regularizer does what it is for", async () => {
    const [plain, strong] = [
      scoresOf(await make({ task: "supervised", method: "none" }, 150)),
      scoresOf(await make({ task: "supervised", method: "normalized" }, 150)),
    ];
    expect(plain.clean).toBeGreaterThan(0.85);
    expect(plain.attacked).toBeLessThan(plain.clean);
    expect(plain.gap).toBeCloseTo(plain.train - plain.clean);
    expect(strong.upper).toBeLessThan(plain.upper);
    expect(strong.radius).toBeGreaterThan(plain.radius);
  });

  test.each(["frobenius", "spectral", "gradient"])(
    "by %s gives finite scores, the same for the same seed",
    async (method) => {
      const first = scoresOf(await make({ task: "supervised", method }, 5));
      const { milliseconds: _, ...again } = scoresOf(await make({ task: "supervised", method }, 5));
      expect(first).toMatchObject(again);
      expect(Object.values(first).every(Number.isFinite)).toBe(true);
    },
  );
});

test("an attack raises the loss, within its ball and the range of pixels", async () => {
  const params = perceptron([64, 16, 10], seeded(1));
  const x = np.clip(bell([6, 64], 1, 0), -1, 1);
  const labels = np.eye(10).slice([0, 6]);
  const attacked = await attack(params, x, labels, { radius: 0.5, steps: 5 });
  const [before, after] = [entries(x), entries(attacked)];
  for (let row = 0; row < 6; row += 1) {
    const moved = after.slice(64 * row, 64 * row + 64).map((value, i) => value - (before[64 * row + i] ?? 0));
    expect(Math.hypot(...moved)).toBeLessThanOrEqual(0.5 + 1e-5);
    expect(Math.hypot(...moved)).toBeGreaterThan(0.1);
  }
  expect(Math.max(...after.map(Math.abs))).toBeLessThanOrEqual(1);
});

test("the certified constant of a linear model is its norm", async () => {
  const layers = [
    {
      kernel: np.array([
        [3, 0],
        [0, 4],
      ]),
      bias: np.zeros([2]),
    },
  ];
  expect(await certifiedBound({ layers })).toBeCloseTo(4, 5);
});

describe("the probe", () => {
  test("measures angles", () => {
    expect(angleBetween([[1, 0]], [[0, 2]])).toBeCloseTo(90);
    expect(angleBetween([[1], [1]], [[1], [0]])).toBeCloseTo(45);
    expect(angleBetween([[1, 2]], [[-2, -4]])).toBeCloseTo(180);
  });

  test("of a constraint is what the gradient has along the leading singular vectors", async () => {
    // One linear layer: the gradient of the loss is the same column g for every W, the true one has no part along w.
    const params = { layers: [{ kernel: np.array([[1], [0]]), bias: np.zeros([1]) }] };
    const states = adapter.stateTree(tree.ref(params));
    const [real, fake] = [np.zeros([4, 2]), np.ones([4, 2])];
    // g = (1, 1) and w = (1, 0): the true one is (0, 1).
    const { angle, angles } = await gradientAngle("spectralConstraint", { params, states }, real, fake);
    expect(angle).toBeCloseTo(45, 3);
    expect(angles[0]).toBeCloseTo(45, 3);
  });

  test("of a reparameterization with exact vectors is the true one", async () => {
    const params = perceptron([2, 8, 1], seeded(2));
    const states = await adapter.exactTree(tree.ref(params));
    const [real, fake] = [bell([16, 2], 3, 0), bell([16, 2], 4, 0)];
    const { angle } = await gradientAngle("spectralTorch", { params, states }, real, fake);
    expect(angle).toBeLessThan(0.1);
  });

  test("gives gradients by layer: those of a chain are products of its weights", async () => {
    const layer = (weight: number) => ({ kernel: np.array([[weight]]), bias: np.zeros([1]) });
    // Positive throughout, so that no slope but 1 occurs.
    const norms = await gradientNorms({ layers: [layer(1), layer(2), layer(3)] }, np.ones([1, 1]), np.ones([1, 1]));
    expectClose(
      np.array(norms),
      [6, 3, 1].map((x) => x * Math.SQRT2),
    );
  });

  test("refuses what it does not know", () => {
    expect(() => watch("dropout")).toThrow("method expected one of none, weightClipping");
    expect(() => watch("none").take()).toThrow("expected to have been told to keep before a step");
  });
});

test.each(["spectralConstraint", "spectralTorch", "spectralCertified"])(
  "a WGAN by %s has angles along the way",
  async (method) => {
    const curve = curveOf(await make({ task: "gan", claims: quick[0]?.claims ?? [], method }, 3));
    expect(curve.map(({ step }) => step)).toEqual([0, 3]);
    const [first, last] = curve;
    expect(first?.angle).toBeUndefined();
    expect(last?.angle).toBeGreaterThanOrEqual(0);
    expect(last?.angles).toHaveLength(3);
    expect(last?.norms).toHaveLength(3);
    expect(last?.lower).toBeLessThanOrEqual(last?.upper ?? 0);
  },
);

test.each(["gradientPenalty", "spectralCertified"])("a conditional WGAN by %s trains", async (method) => {
  const run = { ...(quick.find((one) => one.task === "conditional" && one.method === method) ?? expect.unreachable()) };
  const curve = curveOf({ key: "", run, seconds: 0, result: await perform({ ...run, steps: 15, every: 15 }) });
  const [first, last] = curve;
  expect(last?.distance).toBeLessThan(first?.distance ?? 0);
  expect(last?.across).toBeLessThanOrEqual((last?.upper ?? 0) * (1 + 1e-5));
  expect(last?.lower).toBeGreaterThan(0);
});

describe("following a training", () => {
  test("a NaN ends it, and what was measured stays", async () => {
    let [count, disposed] = [0, 0];
    const trainer = {
      async step() {
        count += 1;
        if (count === 3) await adapter.checkFinite({ loss: np.array(Number.NaN) }, "loss");
      },
      measure: async (step: number) => ({ step }),
      dispose() {
        disposed += 1;
      },
    };
    const { curve, failedAt } = await follow(trainer, 10, 2);
    expect(curve.map(({ step }) => step)).toEqual([0, 2]);
    expect([failedAt, disposed]).toEqual([3, 1]);
  });

  test("another error is not taken for an end", async () => {
    const fail = async () => {
      throw new Error("out of luck");
    };
    await expect(follow({ step: fail, measure: async () => ({}), dispose() {} }, 1, 1)).rejects.toThrow("out of luck");
  });
});

test("what is unknown is refused", async () => {
  const run = makePlan("quick")[0] ?? expect.unreachable();
  await expect(perform({ ...run, data: "cats" })).rejects.toThrow("data expected one of eightGaussians");
  await expect(perform({ ...run, task: "supervised", method: "dropout" })).rejects.toThrow(
    "method expected one of none",
  );
  const conditional = { ...run, task: "conditional", data: "digits" } as const;
  await expect(perform({ ...conditional, method: "none", options: { classes: 11 } })).rejects.toThrow(
    "from 2 to 10, got 11",
  );
  await expect(perform({ ...conditional, method: "frobeniusPenalty", options: { classes: 2 } })).rejects.toThrow(
    'got "frobeniusPenalty"',
  );
});
