import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Checksums, type FloatDtype, type InputSpec, makeData, readFixture } from "./inputs.ts";

interface Case {
  readonly input: InputSpec;
  readonly checksum: Checksums;
}

/** Whether the inputs made here are those that the fixtures were computed from. */
describe.each(["article", "svd"])("inputs of %s.json have the bytes that Python made", (name) => {
  test.each(readFixture<Case[]>(name))("$input.kind $input.shape times 2^$input.exponent", ({ input, checksum }) => {
    for (const dtype of Object.keys(checksum) as FloatDtype[]) {
      expect(createHash("sha256").update(makeData(input, dtype)).digest("hex").slice(0, 16)).toBe(checksum[dtype]);
    }
  });
});
