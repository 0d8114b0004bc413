import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { freshMain, freshSlim, wasmBytes, wasmFile } from "./fresh.js";
import { shear, shearNorm } from "./support.js";

type Slim = Awaited<ReturnType<typeof freshSlim>>;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function expectWorks({ spectralNorm }: Pick<Slim, "spectralNorm">): Promise<void> {
  expect(await spectralNorm(shear)).toBeCloseTo(shearNorm, 10);
}

describe("the default entry", () => {
  test("nothing is compiled at import", async () => {
    const compile = vi.spyOn(WebAssembly, "compile");
    const main = await freshMain();
    expect(compile).not.toHaveBeenCalled();
    await main.load();
    expect(compile).toHaveBeenCalledTimes(1);
  });

  test("1,000 concurrent first calls share one load", async () => {
    const main = await freshMain();
    const compile = vi.spyOn(WebAssembly, "compile");
    const results = await Promise.all(Array.from({ length: 1000 }, (_, n) => main.frobeniusNorm([[3 * n, 4 * n]])));
    expect(results).toEqual(results.map((_, n) => 5 * n));
    expect(compile).toHaveBeenCalledTimes(1);
    expect(await main.load()).toBe(await main.load());
  });

  test("a first load that fails for all its callers, then one that succeeds", async () => {
    const main = await freshMain();
    const compile = vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new Error("a bad day"));
    const first = await Promise.allSettled([main.load(), main.spectralNorm(shear), main.frobeniusNorm([[1]])]);
    for (const outcome of first) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "LoadError", code: "LOAD" } });
      expect(String((outcome as PromiseRejectedResult).reason)).toContain("could not be loaded: a bad day");
    }
    await expectWorks(main);
    expect(compile).toHaveBeenCalledTimes(2);
  });

  test("without WebAssembly it says so", async () => {
    const main = await freshMain();
    vi.stubGlobal("WebAssembly", undefined);
    await expect(main.spectralNorm(shear)).rejects.toMatchObject({
      code: "LOAD",
      message: expect.stringContaining("has no WebAssembly (React Native's Hermes has none)"),
    });
    vi.unstubAllGlobals();
    await expectWorks(main);
  });

  test("without SIMD it names the versions that have it", async () => {
    const main = await freshMain();
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new WebAssembly.CompileError("invalid opcode 0xfd"));
    vi.spyOn(WebAssembly, "validate").mockReturnValueOnce(false);
    await expect(main.load()).rejects.toMatchObject({
      code: "LOAD",
      message: expect.stringContaining("Chrome 91, Firefox 89, Safari 16.4, Node 16.4"),
    });
    await expectWorks(main);
  });

  test.each([
    "WebAssembly.compile(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source",
    "call to WebAssembly.compile() blocked by CSP",
  ])("under a Content Security Policy it names the directive: %s", async (reason) => {
    const main = await freshMain();
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new WebAssembly.CompileError(reason));
    await expect(main.load()).rejects.toMatchObject({
      code: "LOAD",
      message: expect.stringContaining("script-src 'wasm-unsafe-eval'"),
    });
  });

  test("the probe for SIMD is a module that this engine, which has it, accepts", async () => {
    const main = await freshMain();
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new Error("something else"));
    await expect(main.load()).rejects.toMatchObject({ message: expect.stringContaining("something else") });
  });
});

describe("the slim entry", () => {
  test("before load every function rejects with a sentence", async () => {
    const slim = await freshSlim();
    for (const call of [slim.load(), slim.spectralNorm(shear), slim.createSpectralNormalization([1, 1])]) {
      await expect(call).rejects.toMatchObject({
        name: "LoadError",
        code: "LOAD",
        message: expect.stringContaining("call load(source) first"),
      });
    }
    await slim.load(wasmBytes());
    await expectWorks(slim);
  });

  const sources: readonly (readonly [string, () => unknown])[] = [
    ["bytes", wasmBytes],
    ["bytes within a larger buffer", () => Uint8Array.from([0, ...wasmBytes(), 0]).subarray(1, -1)],
    ["an ArrayBuffer", () => wasmBytes().buffer],
    ["a DataView", () => new DataView(wasmBytes().buffer)],
    ["an ArrayBuffer of another realm", () => runInNewContext("bytes => Uint8Array.from(bytes).buffer")(wasmBytes())],
    ["a module", () => new WebAssembly.Module(wasmBytes())],
    ["a promise of a module", () => WebAssembly.compile(wasmBytes())],
    ["a namespace with a module", async () => ({ default: await WebAssembly.compile(wasmBytes()) })],
    ["a response of whatever type", () => new Response(wasmBytes(), { headers: { "content-type": "text/html" } })],
    ["a promise of a response", async () => new Response(wasmBytes())],
    ["a file: URL", () => pathToFileURL(wasmFile)],
    ["a file: URL as a string", () => pathToFileURL(wasmFile).href],
  ];
  test.each(sources)("%s", async (_, source) => {
    const slim = await freshSlim();
    const engine = await slim.load(source() as never);
    expect(await slim.load()).toBe(engine);
    await expectWorks(slim);
  });

  test("an address of a server", async () => {
    const server = createServer((request, response) => {
      const found = request.url === "/spectral_norm.wasm";
      response.writeHead(found ? 200 : 404, { "content-type": "text/plain" }).end(found ? wasmBytes() : "no");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const slim = await freshSlim();
      await expect(slim.load(`${base}/missing.wasm`)).rejects.toMatchObject({
        code: "LOAD",
        message: expect.stringContaining('missing.wasm" answered with status 404'),
      });
      await slim.load(new URL(`${base}/spectral_norm.wasm`));
      await expectWorks(slim);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** The smallest module there is: it compiles, and exports nothing. */
  const empty = () => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  const failing: readonly (readonly [string, () => unknown, string])[] = [
    ["bytes that are no module", () => Uint8Array.of(1, 2, 3), "could not be loaded: WebAssembly.compile()"],
    ["no bytes", () => new ArrayBuffer(0), "could not be loaded"],
    [
      "a module that is not ours",
      empty,
      "not the WebAssembly module of this version of spectral-norm: it lacks memory",
    ],
    ["a rejected promise", () => Promise.reject(new Error("offline")), "could not be loaded: offline"],
    ["a response with an error", () => new Response("", { status: 500 }), "The response answered with status 500"],
    ["a file that is not there", () => "file:///nowhere/spectral_norm.wasm", "ENOENT"],
    ["a relative address", () => "./spectral_norm.wasm", "new URL(address, import.meta.url)"],
    [
      "a number",
      () => 3,
      '"source" expected a WebAssembly.Module, its bytes, a Response, a URL, or a promise of one of these, got 3',
    ],
    ["null", () => null, "got null"],
    ["a function", () => () => 1, "got a function"],
  ];
  test.each(failing)("%s fails, and leaves nothing behind", async (_, source, sentence) => {
    const slim = await freshSlim();
    await expect(slim.load(source() as never)).rejects.toMatchObject({
      name: "LoadError",
      code: "LOAD",
      message: expect.stringContaining(sentence),
    });
    await expect(slim.load()).rejects.toMatchObject({ message: expect.stringContaining("call load(source) first") });
    await slim.load(wasmBytes());
    await expectWorks(slim);
  });

  test("good sources win over bad ones that are under way, whoever comes first", async () => {
    const slim = await freshSlim();
    const bad = () => Uint8Array.of(1);
    const outcomes = await Promise.allSettled([
      slim.load(bad()),
      slim.load(bad()),
      slim.load(wasmBytes()),
      slim.load(bad()),
      slim.spectralNorm(shear),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
    const engines = outcomes.slice(2, 4).map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value);
    expect(engines[0]).toBe(engines[1]);
  });

  test("a second source is not looked at once there is an engine, but its failure is not left unhandled", async () => {
    const slim = await freshSlim();
    const engine = await slim.load(wasmBytes());
    const unhandled = vi.fn();
    process.once("unhandledRejection", unhandled);
    expect(await slim.load(Promise.reject(new Error("offline")))).toBe(engine);
    await setImmediate();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(await slim.load("http://127.0.0.1:9/never")).toBe(engine);
  });

  test("two copies of the package have an engine each", async () => {
    const [one, two] = [await freshSlim(), await freshSlim()];
    const engines = [await one.load(wasmBytes()), await two.load(wasmBytes())] as const;
    const handle = engines[0].matrix([1, 1]);
    handle.set([3]);
    expect(engines[0].spectralNorm(handle)).toBe(3);
    expect(engines[1].spectralNorm([[4]])).toBe(4);
    expect(() => engines[1].spectralNorm(handle)).toThrow("of another engine");
  });
});
