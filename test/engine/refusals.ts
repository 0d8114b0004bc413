import { describe, expect, test } from "vitest";
import { caught, engine, expectEngineIntact } from "./support.js";

/** A call that must fail: with which code, and with which words in the message. */
export type Case = readonly [what: string, call: () => unknown, code: string, sentence: string];

/** A call of spectralNorm with values that TypeScript would not let through. */
export function norm(w: unknown, options?: unknown): () => unknown {
  return () => engine.spectralNorm(w as never, options as never);
}

/** A weight that is as it should be. */
export const small = { data: new Float32Array(4).fill(1), shape: [2, 2] };

/** An array whose buffer was transferred. */
export function detached(): Float32Array {
  const data = new Float32Array(4);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}

/** Each case of each table must fail as it says, and leave the engine working. */
export function expectEachRefused(tables: Readonly<Record<string, readonly Case[]>>): void {
  describe.each(Object.entries(tables))("%s", (_, cases) => {
    test.each(cases)("%s", (_what, call, code, sentence) => {
      const error = caught(call);
      expect(error).toBeInstanceOf(Error);
      expect(error.code).toBe(code);
      expect(error.message).toContain(sentence);
      expectEngineIntact();
    });
  });
}
