import type { LipschitzOptions } from "spectral-norm";
import { type Case, expectEachRefused } from "../engine/refusals.js";
import { engine } from "../engine/support.js";

/** A call with values that TypeScript would not let through. */
const of =
  (network: unknown, options?: unknown): (() => unknown) =>
  () =>
    engine.lipschitzBound(network as never, options as LipschitzOptions);

const matrix = { type: "dense", data: new Float32Array(4), shape: [2, 2] };
const kernel = { type: "convolution", kernel: new Float32Array(9), shape: [1, 1, 3, 3] };
const norm = { type: "batchNorm", runningVar: Float32Array.of(1) };
const residual = (layer: unknown) => [{ type: "relu" }, { type: "residual", branch: [{ type: "relu" }, layer] }];

expectEachRefused({
  "networks and layers": [
    ["nothing", of(undefined), "TYPE", '"network" expected an array of layers, got undefined'],
    ["a layer alone", of({ type: "relu" }), "TYPE", '"network" expected an array of layers, got { type }'],
    ["a name", of(["relu"]), "TYPE", '"network[0]" expected { type, … }'],
    ["a hole", of(new Array(1)), "TYPE", '"network[0]" expected { type, … }'],
    ["no type", of([{}]), "TYPE", '"network[0].type" expected "dense" or "convolution"'],
    ["a type that is none", of([{ type: "reIu" }]), "OPTION", '"network[0].type" expected'],
    ["a type of Object.prototype", of([{ type: "toString" }]), "OPTION", '"network[0].type" expected'],
    ["a name that is none", of([{ type: "relu", name: 3 }]), "TYPE", '"network[0].name" expected a string, got 3'],
    ["an unknown key", of([{ type: "relu", slope: 1 }]), "OPTION", '"network[0]" has the unknown key "slope"'],
    ["an unknown option", of([], { size: 8 }), "OPTION", '"options" has the unknown key "size"'],
    ["a size of 0", of([], { inputSize: [8, 0] }), "OPTION", '"options.inputSize[1]" expected an integer from 1'],
    [
      "a size of four dimensions",
      of([], { inputSize: [8, 8, 8, 8] }),
      "SHAPE",
      '"options.inputSize" expected 1, 2 or 3',
    ],
    ["a size in words", of([], { inputSize: "8" }), "TYPE", '"options.inputSize" expected an integer'],
  ],
  "branches, by their path": [
    ["no branch", of([{ type: "residual" }]), "TYPE", '"network[0].branch" expected an array of layers, got undefined'],
    [
      "no shortcut",
      of([{ type: "residual", branch: [], shortcut: 1 }]),
      "TYPE",
      '"network[0].shortcut" expected an array',
    ],
    [
      "no branches",
      of([{ type: "concat", branches: [] }]),
      "TYPE",
      '"network[0].branches" expected an array of at least one',
    ],
    ["a branch that is none", of([{ type: "concat", branches: [[], 1] }]), "TYPE", '"network[0].branches[1]" expected'],
    ["within", of(residual({ type: "rellu" })), "OPTION", '"network[1].branch[1].type" expected'],
    [
      "outputs of two sizes",
      of([{ type: "residual", branch: [{ type: "maxPool", size: 2 }] }], { inputSize: [8, 8] }),
      "SHAPE",
      '"network[0]" expected branches with outputs of one size, got 4,4 and 8,8',
    ],
  ],
  weights: [
    ["no data", of([{ type: "dense", shape: [2, 2] }]), "TYPE", '"network[0].data" expected a Float32Array'],
    ["no shape", of([{ ...matrix, shape: undefined }]), "TYPE", '"network[0].shape" expected an array'],
    [
      "a wrong length",
      of([{ ...matrix, shape: [2, 3] }]),
      "SHAPE",
      '"network[0].data" expected length 2 × 3 = 6, got 4',
    ],
    ["no axis", of([{ ...matrix, shape: [2, 2, 1] }]), "SHAPE", '"network[0].axis" expected the output axis'],
    [
      "NaN",
      of(residual({ ...matrix, data: new Float32Array(4).fill(Number.NaN) })),
      "NON_FINITE",
      '"network[1].branch[1].data"',
    ],
    ["a bias", of([{ ...matrix, bias: 1 }]), "OPTION", '"network[0]" has the unknown key "bias"'],
    [
      "no kernel",
      of(residual({ ...kernel, kernel: undefined })),
      "TYPE",
      '"network[1].branch[1].kernel" expected a Float32Array',
    ],
    [
      "a kernel of infinity",
      of([{ ...kernel, kernel: new Float32Array(9).fill(1 / 0) }]),
      "NON_FINITE",
      '"network[0].kernel"',
    ],
    ["a stride of 0", of([{ ...kernel, stride: 0 }]), "OPTION", '"network[0].stride" expected an integer'],
    [
      "an unknown key of a convolution",
      of([{ ...kernel, pad: 1 }]),
      "OPTION",
      '"network[0]" has the unknown key "pad"',
    ],
    [
      "an input that is too small",
      of([kernel], { inputSize: [2, 2] }),
      "SHAPE",
      '"network[0].inputSize" expected large enough',
    ],
    [
      "an input of another size",
      of([{ ...kernel, inputSize: 9 }], { inputSize: [8, 8] }),
      "OPTION",
      '"network[0].inputSize" expected 8,8',
    ],
    [
      "a late embedding",
      of([{ type: "relu" }, { ...matrix, type: "embedding" }]),
      "OPTION",
      '"network[1]" expected an embedding at the start only',
    ],
    [
      "an embedding of four dimensions",
      of([{ type: "embedding", data: new Float32Array(4), shape: [1, 1, 2, 2], axis: 0 }]),
      "SHAPE",
      '"network[0].shape" expected 2 dimensions',
    ],
  ],
  normalizations: [
    ["no variances", of([{ type: "batchNorm" }]), "TYPE", '"network[0].runningVar" expected a Float32Array'],
    ["a negative variance", of([{ ...norm, runningVar: Float32Array.of(-1) }]), "OPTION", '"network[0].runningVar"'],
    [
      "a γ of another length",
      of([{ ...norm, gamma: new Float32Array(2) }]),
      "SHAPE",
      '"network[0].gamma" expected length 1',
    ],
    [
      "another number of channels",
      of([matrix, norm]),
      "SHAPE",
      '"network[1].runningVar" expected one variance for each of the 2 outputs of "network[0]"',
    ],
    [
      "an ε of 0 without variances",
      of([{ type: "layerNorm", eps: 0 }]),
      "OPTION",
      '"network[0].eps" expected a finite number above 0',
    ],
    ["a γ of NaN", of([{ type: "rmsNorm", gamma: Float32Array.of(Number.NaN) }]), "NON_FINITE", '"network[0].gamma"'],
    ["a γ that is none", of([{ type: "layerNorm", gamma: 1 }]), "TYPE", '"network[0].gamma" expected a Float32Array'],
  ],
  "parameters of activations": [
    ["prelu without slopes", of([{ type: "prelu" }]), "TYPE", '"network[0].slope" expected'],
    [
      "slopes of integers",
      of([{ type: "prelu", slope: Int8Array.of(1) }]),
      "TYPE",
      '"network[0].slope" expected a Float32Array',
    ],
    [
      "a slope of NaN",
      of([{ type: "leakyRelu", slope: Number.NaN }]),
      "OPTION",
      '"network[0].slope" expected a finite number',
    ],
    [
      "a slope in words",
      of([{ type: "leakyRelu", slope: "0.1" }]),
      "TYPE",
      '"network[0].slope" expected a finite number',
    ],
    [
      "celu with an α below 0",
      of([{ type: "celu", alpha: -1 }]),
      "OPTION",
      '"network[0].alpha" expected a finite number above 0',
    ],
    ["logSoftmax without its classes", of([{ type: "logSoftmax" }]), "TYPE", '"network[0].classes" expected'],
    ["half a class", of([{ type: "logSoftmax", classes: 1.5 }]), "OPTION", '"network[0].classes" expected an integer'],
  ],
  pools: [
    ["no size", of([{ type: "maxPool" }], { inputSize: [8] }), "TYPE", '"network[0].size" expected'],
    ["a size of unknown dimensions", of([{ type: "maxPool", size: 2 }]), "TYPE", '"network[0].size" expected an array'],
    [
      "windows of another dimension",
      of([{ type: "maxPool", size: [2] }], { inputSize: [8, 8] }),
      "SHAPE",
      '"network[0].inputSize" expected one number for each of the 1',
    ],
    [
      "a window beyond the input",
      of([{ type: "maxPool", size: [9, 9] }], { inputSize: [8, 8] }),
      "SHAPE",
      '"network[0].inputSize" expected large enough',
    ],
    [
      "padding beyond the window",
      of([{ type: "averagePool", size: [2], padding: 2 }], { inputSize: [8] }),
      "OPTION",
      '"network[0].padding" expected less than 2',
    ],
    [
      "countPadding of a maxPool",
      of([{ type: "maxPool", size: [2], countPadding: true }]),
      "OPTION",
      'unknown key "countPadding"',
    ],
    [
      "countPadding in words",
      of([{ type: "averagePool", size: [2], countPadding: "no" }]),
      "TYPE",
      '"network[0].countPadding" expected true or false',
    ],
    [
      "a dilated averagePool",
      of([{ type: "averagePool", size: [2], dilation: 2 }]),
      "OPTION",
      'unknown key "dilation"',
    ],
    [
      "a global mean of unknown dimensions",
      of([{ type: "globalAveragePool" }], { inputSize: 8 }),
      "TYPE",
      '"options.inputSize" expected an array',
    ],
  ],
} satisfies Readonly<Record<string, readonly Case[]>>);
