import fc from "fast-check";
import { expect, test } from "vitest";
import { place, regions } from "../../ts/checkpoint/regions.js";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { safetensors } from "./writer.js";

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const countOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const widths = { F8_E4M3: 1, F8_E5M2: 1, F16: 2, BF16: 2, F32: 4, F64: 8, I32: 4 } as const;

const tensors = fc
  .record({ dtype: fc.constantFrom(...(Object.keys(widths) as (keyof typeof widths)[])), shape: shapes })
  .chain(({ dtype, shape }) => {
    const length = widths[dtype] * countOf(shape);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ dtype, shape, bytes }));
  });

test("any safetensors file is read as it was written, whole and in blocks", async () => {
  const files = fc.dictionary(fc.string({ minLength: 1 }), tensors, { maxKeys: 5, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(files, fc.integer({ min: 8, max: 100 }), async (written, bytes) => {
      const checkpoint = await openCheckpoint(safetensors(written));
      expect(checkpoint.names).toEqual(Object.keys(written));
      for (const { name, dtype, shape } of checkpoint.tensors) {
        const tensor = written[name];
        expect({ dtype, shape }).toEqual({ dtype: tensor?.dtype, shape: tensor?.shape });
        const { data } = await checkpoint.read(name);
        const parts: number[] = [];
        for await (const block of checkpoint.blocks(name, { bytes })) parts.push(...block.data);
        expect(parts).toEqual([...data]);
        if (dtype !== "F32" && dtype !== "F64") continue;
        const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        expect(Buffer.from(raw).equals(Buffer.from(tensor?.bytes ?? []))).toBe(true);
      }
    }),
  );
});

/** A .npy file of float64, by the format's document. */
function npy(shape: readonly number[], values: Float64Array, order: boolean, version: number, isBigEndian: boolean) {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${isBigEndian ? ">" : "<"}f8', 'fortran_order': ${order ? "True" : "False"}, 'shape': ${tuple}, }\n`;
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write("\x93NUMPY", "latin1");
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  const data = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) data[isBigEndian ? "writeDoubleBE" : "writeDoubleLE"](value, 8 * i);
  return new Uint8Array(Buffer.concat([head, Buffer.from(text), data]));
}

test("any .npy file is read in row-major order, whatever its own", async () => {
  const flags = [fc.boolean(), fc.constantFrom(1, 2, 3), fc.boolean()] as const;
  await fc.assert(
    fc.asyncProperty(
      shapes,
      ...flags,
      fc.integer({ min: 8, max: 200 }),
      async (shape, order, version, isBig, bytes) => {
        // Each value is its own place in row-major order.
        const count = countOf(shape);
        const strides = order
          ? shape.map((_, axis) => countOf(shape.slice(0, axis)))
          : shape.map((_, axis) => countOf(shape.slice(axis + 1)));
        const stored = new Float64Array(count);
        for (let place = 0; place < count; place++) {
          let rest = place;
          let at = 0;
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            at += (rest % (shape[axis] as number)) * (strides[axis] as number);
            rest = Math.floor(rest / (shape[axis] as number));
          }
          stored[at] = place;
        }
        const checkpoint = await openCheckpoint(npy(shape, stored, order, version, isBig));
        const { data } = await checkpoint.read("array", { bytes });
        expect(data).toEqual(Float64Array.from({ length: count }, (_, i) => i));
      },
    ),
  );
});

test("regions cover every element once, in the order of the file, and none is larger than allowed", () => {
  fc.assert(
    fc.property(shapes, fc.boolean(), fc.integer({ min: 1, max: 50 }), (shape, isColumnMajor, most) => {
      let next = 0;
      const count = countOf(shape);
      const all = new Float64Array(count).fill(-1);
      for (const region of regions(shape, isColumnMajor, most)) {
        expect(region.offset).toBe(next);
        expect(region.count).toBe(countOf(region.shape));
        expect(region.count).toBeLessThanOrEqual(most);
        next += region.count;
        if (isColumnMajor) place(new Float64Array(region.count).fill(1), region, shape, all, false);
      }
      expect(next).toBe(count);
      if (isColumnMajor) expect([...all].every((value) => value === 1)).toBe(true);
    }),
  );
});
