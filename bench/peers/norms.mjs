import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { startPython } from "./python.mjs";

/** A whole decomposition in JavaScript is asked for up to this side; further up it takes seconds to minutes. */
const mostOfJavaScript = 512;

function clocked(norm) {
  return async () => {
    const start = performance.now();
    const sigma = norm();
    return { sigma, time: (performance.now() - start) * 1000 };
  };
}

/**
 * This package on a matrix in its memory and on a typed array, by default options; with a looser tolerance, as the loose
 * one of svds, for the norm is right to far more digits than its vectors; and a decomposition in JavaScript.
 * `reference` is what the latter finds, in float64; NaN where it is not asked.
 */
export async function javaScriptNorms(weight, side, hasReference) {
  const { load } = await import("../../dist/index.js");
  const engine = await load();
  const shape = [side, side];
  const handle = engine.matrix(shape);
  handle.set(weight);
  const peers = [
    { name: "spectral-norm, handle", run: clocked(() => engine.spectralNorm(handle)) },
    { name: "spectral-norm, typed array", run: clocked(() => engine.spectralNorm({ data: weight, shape })) },
    { name: "spectral-norm, tolerance=1e-4", run: clocked(() => engine.spectralNorm(handle, { tolerance: 1e-4 })) },
  ];
  let reference = Number.NaN;
  if (side <= mostOfJavaScript) {
    const matrix = Matrix.from1DArray(side, side, Array.from(weight));
    const vectors = { computeLeftSingularVectors: false, computeRightSingularVectors: false };
    const decompose = () => new SingularValueDecomposition(matrix, vectors).norm2;
    peers.push({ name: "ml-matrix", run: clocked(decompose) });
    if (!hasReference) reference = decompose();
  }
  return { peers, reference, dispose: () => handle.free() };
}

/** One peer a name of a process of Python, with the σ that it found in float64. */
export async function pythonNorms(weight, side) {
  const process = await startPython("norms_peer.py", weight, [side, side]);
  const run = (name) => async () => {
    const { sigma, seconds } = await process.ask(name);
    return { sigma, time: seconds * 1e6 };
  };
  const { about } = process;
  const { sigma: reference } = await process.ask("reference");
  return { about, reference, peers: about.peers.map((name) => ({ name, run: run(name) })), dispose: process.dispose };
}
