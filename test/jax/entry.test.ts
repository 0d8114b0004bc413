import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readText, root } from "../docs/markdown.ts";
import { adapter, jax } from "./support.ts";

const { exports, peerDependencies, peerDependenciesMeta, devDependencies } = JSON.parse(readText("package.json"));
const code = readText("dist/jax.js");

describe("spectral-norm/jax", () => {
  test("imports jax-js and the package by their names, and bundles neither", () => {
    const imported = [...code.matchAll(/\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g)].map(([, a, b]) => a ?? b);
    expect(imported.sort()).toEqual(["@jax-js/jax", "spectral-norm"]);
    expect(code).not.toMatch(/WebAssembly|await import/);
  });

  test("is an entry whose types are published", () => {
    const { types, default: file } = exports["./jax"];
    expect([types, file].every((path) => existsSync(join(root, path)))).toBe(true);
  });

  test("takes jax-js as an optional peer, and is tested with a pinned one", () => {
    expect(peerDependencies["@jax-js/jax"]).toBe("^0.1.25");
    expect(peerDependenciesMeta["@jax-js/jax"]).toEqual({ optional: true });
    expect(devDependencies["@jax-js/jax"]).toBe("0.1.25");
  });

  test("has functions alone", () => {
    expect(Object.values(adapter).every((value) => typeof value === "function")).toBe(true);
  });

  test("draws another start for another seed", () => {
    const start = (seed: number) =>
      adapter.spectralNormState(jax.numpy.ones([3, 4]), { preset: "flax", seed }).v.js() as number[];
    expect(start(1)).toEqual(start(1));
    expect(start(1)).not.toEqual(start(2));
  });
});
