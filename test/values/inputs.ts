import { readFileSync } from "node:fs";
import type { FloatArray, Weight } from "spectral-norm";

/** How test/fixtures/inputs.py and this file make one input: integers times 2**exponent. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly kind: "bell" | "uniform" | "positive" | "rankOne" | "zeroColumns" | "integers";
  readonly seed?: number;
  readonly exponent: number;
  readonly values?: readonly number[];
}

export type FloatDtype = "float32" | "float64";

/** The first digits of the SHA-256 of an input's bytes; without `float32` where it is not exact in float32. */
export interface Checksums {
  readonly float64: string;
  readonly float32?: string;
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8")) as T;
}

export function product(shape: readonly number[]): number {
  return shape.reduce((all, extent) => all * extent, 1);
}

/** The random 32 bits of a counter: the "lowbias32" mixing function of a Weyl sequence. */
function bits(seed: number, index: number): number {
  let x = (Math.imul(index, 0x9e3779b9) + Math.imul(seed, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function bell(seed: number, index: number): number {
  const x = bits(seed, index);
  return (x & 255) + ((x >>> 8) & 255) + ((x >>> 16) & 255) + (x >>> 24) - 510;
}

const entries = {
  bell,
  uniform: (seed: number, index: number) => (bits(seed, index) >>> 8) - 2 ** 23,
  positive: (seed: number, index: number) => (bits(seed, index) >>> 24) + 1,
};

function zeroColumns(seed: number, rows: number, columns: number): number[] {
  const matrix = Array.from({ length: rows * columns }, (_, index) => bell(seed, index));
  const sums = new Array<number>(columns).fill(0);
  for (const [index, entry] of matrix.entries()) sums[index % columns] = (sums[index % columns] ?? 0) + entry;
  const last = (rows - 1) * columns;
  return matrix.map((entry, index) => (index < last ? entry : entry - (sums[index - last] ?? 0)));
}

function integers(spec: InputSpec): ArrayLike<number> {
  const { kind, seed = 0 } = spec;
  const count = product(spec.shape);
  const columns = spec.shape.at(-1) ?? 1;
  if (kind === "integers") return spec.values ?? [];
  if (kind === "zeroColumns") return zeroColumns(seed, count / columns, columns);
  const made = new Float64Array(count);
  if (kind === "rankOne") {
    for (let i = 0; i < count; i++) made[i] = bell(seed, Math.floor(i / columns)) * bell(seed + 1, i % columns);
  } else {
    const entry = entries[kind];
    for (let i = 0; i < count; i++) made[i] = entry(seed, i);
  }
  return made;
}

export function makeData<D extends FloatDtype>(
  spec: InputSpec,
  dtype: D,
): D extends "float32" ? Float32Array<ArrayBuffer> : Float64Array<ArrayBuffer>;
export function makeData(spec: InputSpec, dtype: FloatDtype): FloatArray {
  const from = integers(spec);
  const factor = 2 ** spec.exponent;
  const data = dtype === "float32" ? new Float32Array(from.length) : new Float64Array(from.length);
  for (let i = 0; i < data.length; i++) data[i] = (from[i] ?? 0) * factor;
  return data;
}

export function makeWeight(spec: InputSpec, dtype: FloatDtype, axis = -1): Weight {
  return { data: makeData(spec, dtype), shape: spec.shape, axis };
}

/** A matrix of nearly normal entries. */
export function bellMatrix(rows: number, columns: number, seed: number, dtype: FloatDtype = "float32"): Weight {
  return makeWeight({ shape: [rows, columns], kind: "bell", seed, exponent: -8 }, dtype);
}
