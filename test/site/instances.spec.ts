import { afterEach, describe, expect, test } from "vitest";
import { keepInstances } from "../../examples/site/shared/instances.ts";

/** `(module (import "env" "memory" (memory 1)) (func (export "kernel")))` */
const BYTES = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x02, 0x0f, 0x01, 0x03],
  ...[0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x01, 0x03, 0x02, 0x01, 0x00, 0x07],
  ...[0x0a, 0x01, 0x06, 0x6b, 0x65, 0x72, 0x6e, 0x65, 0x6c, 0x00, 0x00, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b],
);
const original = WebAssembly.Instance;
const memoryOf = () => new WebAssembly.Memory({ initial: 1 });

afterEach(() => {
  WebAssembly.Instance = original;
});

describe("instances of WebAssembly in a worker", () => {
  test("are one for a module and a memory", () => {
    keepInstances();
    const [module, memory] = [new WebAssembly.Module(BYTES), memoryOf()];
    const first = new WebAssembly.Instance(module, { env: { memory } });
    expect(first).toBeInstanceOf(original);
    expect(first.exports["kernel"]).toBeTypeOf("function");
    expect(new WebAssembly.Instance(module, { env: { memory } })).toBe(first);
  });

  test("are others for another memory and for another module", () => {
    keepInstances();
    const [module, memory] = [new WebAssembly.Module(BYTES), memoryOf()];
    const first = new WebAssembly.Instance(module, { env: { memory } });
    expect(new WebAssembly.Instance(module, { env: { memory: memoryOf() } })).not.toBe(first);
    expect(new WebAssembly.Instance(new WebAssembly.Module(BYTES), { env: { memory } })).not.toBe(first);
  });

  test("are never kept where more than a memory is given, for it may differ", () => {
    keepInstances();
    const [module, memory] = [new WebAssembly.Module(BYTES), memoryOf()];
    const given = () => ({ env: { memory, now: () => 0 } });
    expect(new WebAssembly.Instance(module, given())).not.toBe(new WebAssembly.Instance(module, given()));
  });

  test("fail as they did", () => {
    keepInstances();
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(BYTES))).toThrow(TypeError);
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(BYTES), { env: {} })).toThrow(WebAssembly.LinkError);
  });
});
