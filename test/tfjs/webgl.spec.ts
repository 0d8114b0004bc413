import { beforeAll, expect, test } from "vitest";
import file from "../fixtures/tfjs.json" with { type: "json" };
import { type Fixture, testCritics, testLayers } from "./keras-cases.ts";
import { adapter, bell, tf, use } from "./support.ts";

beforeAll(() => use("webgl"));

const fixture: Fixture = file.fixture;

testLayers("webgl", fixture);
testCritics("webgl", fixture);

test("training on webgl leaves nothing behind", async () => {
  const { layers } = adapter;
  const model = tf.sequential({
    layers: [
      layers.spectralNormalization({ layer: tf.layers.conv2d({ filters: 4, kernelSize: 3 }), inputShape: [6, 6, 1] }),
      tf.layers.flatten(),
      layers.spectralNormalization({ layer: tf.layers.dense({ units: 1 }) }),
    ],
  });
  model.compile({ loss: "meanSquaredError", optimizer: adapter.guard(tf.train.adam(0.01), model) });
  const [x, y] = [bell([4, 6, 6, 1], 1, -8), tf.ones([4, 1])];
  const train = () => model.fit(x, y, { epochs: 5, verbose: 0 });
  const losses = [await train()].flatMap(({ history }) => history["loss"]);
  const { numTensors } = tf.memory();
  losses.push(...((await train()).history["loss"] ?? []));
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
});
