/**
 * What `spectral-norm audit --help` says.
 *
 * @module
 */
import type { Command, Flag } from "./command.js";
import { askerFlags } from "./queue-flags.js";

/** The options. */
export const auditFlags: Readonly<Record<string, Flag>> = {
  json: { help: "Print JSON: { version, files: [{ file, axis, tensors, skipped, adapters, heads, network, gates }] }" },
  csv: { help: "Print CSV, a line a weight, numbers in full" },
  markdown: { help: "Print a table for GitHub, e.g. for a pull request or a model card" },
  html: { help: "Print one page with figures and a table that sorts, which asks nothing of the network" },
  output: {
    value: "FILE",
    isFile: true,
    help: "Write the report to a file instead, as a whole or not at all",
  },
  wide: { help: "Add columns to the table: intervals, logarithms, σ/√(out/in), leading singular values, norms as run" },
  layers: {
    value: "FILE",
    isFile: true,
    help: 'JSON that tells how layers run: { "conv1.weight": { "stride": 2, "padding": 1, "inputSize": [32, 32] } }, or a whole network: { "inputSize": [32, 32], "network": [{ "type": "convolution", "weight": "conv1.weight" }, { "type": "relu" }] }. Norms of convolutions are then those as run, with proof',
  },
  axis: {
    value: "AXIS",
    choices: ["0", "1", "last"],
    help: "Output axis of kernels: 0 (default) for PyTorch, last for Keras and TensorFlow, 1 for transposed convolutions of PyTorch, which a checkpoint does not tell from others",
  },
  certainty: {
    value: "WORD",
    choices: ["auto", "rigorous", "cheap"],
    help: "How sure intervals are to be: rigorous, proved and narrow; cheap, sure and wide; a probability such as 0.999999; auto (default), rigorous for matrices up to about 1300 squared, then a probability of 1 - 1e-9",
  },
  values: { value: "COUNT", help: "How many leading singular values to find (default: 5), 0 for none" },
  "lora-alpha": { value: "NUMBER", help: "α of LoRA pairs whose file does not have it, as PEFT's do not" },
  base: {
    value: "FILE",
    isFile: true,
    help: "The model that LoRA pairs were trained for: adds a row for W + s·B·A to that of each pair",
  },
  heads: {
    value: "COUNT",
    help: "How many heads of queries layers of attention have, or the config.json of the model, which says so: adds a row for each head, its largest score σ(W_q·W_kᵀ)/√d",
  },
  "max-norm": {
    value: "LIMIT",
    help: "Fail unless every weight in use is proved to have a norm of at most this: of the convolution as it runs where --layers tells it, else of the weight as a matrix, divided by the stored σ where PyTorch or Flax divide by it; of LoRA pairs the product counts",
  },
  "max-lipschitz": {
    value: "LIMIT",
    help: 'Fail unless the network that --layers lists as "network" is proved to have a Lipschitz constant of at most this. Without the list there is nothing to prove: a checkpoint does not say what stands between its weights',
  },
  memory: {
    value: "MB",
    help: "Megabytes that a weight may take in memory (default: 117, with which the process stays below 250). A larger one stays in its file, which is read anew for each pass over it; its interval is then wide, though proved, and leading singular values are not found, unless --certainty rigorous or --values asks for them and the square of its shorter side fits",
  },
  tolerance: { value: "NUMBER", help: "Relative accuracy of the spectral norm (default: 1e-6)" },
  "max-iterations": { value: "COUNT", help: "Passes over a weight after which to give up (default: 20000)" },
  seed: { value: "INTEGER", help: "Seed of the random start (default: 0)" },
  workers: {
    value: "COUNT",
    help: "Measure in so many threads, which takes the memory of as many weights, but of those that they share (default: 2 for large files of which norms alone are asked, else 1, without threads). The report is the same",
  },
  ...askerFlags,
  queue: {
    value: "ADDRESS",
    help: "Let `spectral-norm worker`s measure, on any machines, that take jobs from this Redis: redis://[user:password@]host[:port][/database], or rediss:// for TLS. The report is the same; what is measured is kept for a day, and the same command goes on with it",
  },
};

/** All but the options. */
export const auditHelp: Pick<Command, "usage" | "summary" | "description" | "examples" | "environment" | "takesFiles"> =
  {
    usage: "FILE... [options]",
    summary: "The norms of every weight in checkpoints: files, or http(s) addresses.",
    takesFiles: true,
    description: [
      "For each weight the spectral norm σ, the Frobenius norm and the stable rank; and the norm by the vectors that spectral normalization of PyTorch, Keras or Flax left behind. LoRA pairs have a row for their product. Weights are read in slices, one after the other.",
      "Files are safetensors, NumPy's .npy and .npz, ONNX, Keras's .weights.h5 and .keras, or TensorFlow.js's model.json, which their contents tell. Addresses are read by ranges.",
      "The table is as wide as the terminal, and plain where there is none. --json, --csv, --markdown, --html and --wide also find intervals with proof and the leading singular values, which takes longer: see --certainty and --values.",
    ],
    environment: [["NO_COLOR", "Set to anything, it keeps color away"]],
    examples: [
      ["The table", "spectral-norm audit model.safetensors"],
      ["A page to look at", "spectral-norm audit model.safetensors --html --output norms.html"],
      ["A check in CI", "spectral-norm audit critic.safetensors --layers layers.json --max-norm 1"],
    ],
  };
