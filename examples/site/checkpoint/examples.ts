/**
 * The checkpoints of examples/data, which the site carries along.
 *
 * @module
 */
import layers from "../../data/critic-layers.json?raw";
import classifier from "../../data/digits-classifier.safetensors?url";
import bfloat16 from "../../data/digits-classifier-bf16.safetensors?url";
import half from "../../data/digits-classifier-f16.safetensors?url";
import critic from "../../data/wgan-sn-critic.safetensors?url";
import generator from "../../data/wgan-sn-generator.safetensors?url";
import type { Source } from "./sources.ts";
import type { LayersFile } from "./state.ts";

const LAYERS: LayersFile = { name: "critic-layers.json", text: layers };

/** Each with what a button says, the name of the file, and where the site has it. */
export const EXAMPLES = [
  { name: "critic", label: "WGAN critic", file: "wgan-sn-critic.safetensors", address: critic, layers: undefined },
  {
    name: "critic-as-run",
    label: "Critic, as it runs",
    file: "wgan-sn-critic.safetensors",
    address: critic,
    layers: LAYERS,
  },
  {
    name: "generator",
    label: "Generator",
    file: "wgan-sn-generator.safetensors",
    address: generator,
    layers: undefined,
  },
  {
    name: "classifier",
    label: "Classifier",
    file: "digits-classifier.safetensors",
    address: classifier,
    layers: undefined,
  },
  { name: "f16", label: "in F16", file: "digits-classifier-f16.safetensors", address: half, layers: undefined },
  { name: "bf16", label: "in BF16", file: "digits-classifier-bf16.safetensors", address: bfloat16, layers: undefined },
] as const;

export type ExampleName = (typeof EXAMPLES)[number]["name"];

/** What is known of an example. */
export interface Example {
  readonly file: string;
  readonly address: string;
  readonly layers: LayersFile | undefined;
}

export function exampleOf(name: ExampleName): Example {
  return EXAMPLES.find((example) => example.name === name) ?? EXAMPLES[0];
}

/** An example as a file, as if it had been picked. */
export async function fetchExample({ file, address }: Example): Promise<Source> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${file}: the site answered ${response.status} ${response.statusText}`.trimEnd());
  return { kind: "files", main: file, files: [{ path: file, file: new File([await response.blob()], file) }] };
}
