import type { Tensor } from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bell, tf, use } from "./support.ts";

/** The gradients of a convolution with respect to input and kernel. */
function gradients(convolve: (x: Tensor, w: Tensor) => Tensor, xShape: number[], wShape: number[]): Float32Array[] {
  return tf.tidy(() => {
    const [x, w] = [bell(xShape, 1, -8), bell(wShape, 2, -8)];
    const g = bell(convolve(x, w).shape, 3, -8);
    const found = tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.mul(convolve(a, b), g)))([x, w]);
    return found.map((tensor) => tensor.dataSync() as Float32Array);
  });
}

/** Whether the WebAssembly backend gives what the plain one does. */
async function expectSame(run: () => Float32Array[]): Promise<void> {
  await use("cpu");
  const expected = run();
  await use("wasm");
  for (const [index, values] of run().entries()) {
    // Sums of up to some hundred products of about a third, of which a single one may cancel nearly to 0.
    const worst = Math.max(...values.map((value, place) => Math.abs(value - (expected[index]?.[place] ?? Number.NaN))));
    expect(worst).toBeLessThan(1e-4);
  }
}

const side = fc.integer({ min: 1, max: 3 });
const geometry = fc.record({
  batch: side,
  sides: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 4 })),
  kernel: fc.tuple(side, side, side),
  channels: side,
  filters: side,
  stride: side,
  padding: fc.constantFrom("same" as const, "valid" as const),
});

test("gradients of convolutions on wasm are those on cpu: two dimensions, depthwise and three", async () => {
  await fc.assert(
    fc.asyncProperty(geometry, async ({ batch, sides, kernel, channels, filters, stride, padding }) => {
      const flat = [batch, ...sides.slice(0, 2), channels];
      const weights = [...kernel.slice(0, 2), channels, filters];
      await expectSame(() => gradients((x, w) => tf.conv2d(x as never, w as never, stride, padding), flat, weights));
      await expectSame(() =>
        gradients((x, w) => tf.depthwiseConv2d(x as never, w as never, stride, padding), flat, weights),
      );
      const deep = [batch, ...sides, channels];
      await expectSame(() => {
        return gradients((x, w) => tf.conv3d(x as never, w as never, stride, padding), deep, [
          ...kernel,
          channels,
          filters,
        ]);
      });
    }),
    { numRuns: 25 },
  );
});

test("explicit padding counts", async () => {
  await expectSame(() => gradients((x, w) => tf.conv2d(x as never, w as never, 2, 1), [2, 5, 6, 2], [3, 3, 2, 3]));
});

test("embeddings have gradients on wasm, rows that are read twice and rows that are not", async () => {
  await expectSame(() => {
    const words = tf.tensor2d(
      [
        [0, 3],
        [3, 1],
      ],
      [2, 2],
      "int32",
    );
    const g = bell([2, 2, 3], 4, -8);
    const table = bell([5, 3], 5, -8);
    return [
      tf
        .grad((rows: Tensor) => tf.sum(tf.mul(tf.gather(rows, words), g)))(table)
        .dataSync() as Float32Array,
    ];
  });
});
