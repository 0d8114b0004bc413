/**
 * A run as it is looked at.
 *
 * @module
 */
import type { createTrainer } from "../../shared/train.mjs";
import { GRID, gridPoints, latticeNoise } from "./places.ts";
import type { Look, Snapshot } from "./protocol.ts";

type Trainer = ReturnType<typeof createTrainer>;
type Floats = Float32Array<ArrayBuffer>;

/** Samples in the plane, images, and samples whose gradient is drawn. */
export const SAMPLES = 256;
export const IMAGES = 40;
export const ARROWS = 48;

/** The lengths of vectors in the plane. */
function lengths(vectors: Floats, count: number): Floats {
  return Float32Array.from({ length: count }, (_, index) =>
    Math.hypot(vectors[2 * index] ?? 0, vectors[2 * index + 1] ?? 0),
  );
}

/** Asks the critic at the grid and at samples in one call, so that there is one shape to compile. */
async function readCritic(trainer: Trainer, samples: Floats): Promise<Omit<Snapshot, "step" | "samples">> {
  const places = new Float32Array(2 * (GRID * GRID + ARROWS));
  places.set(gridPoints());
  places.set(samples.subarray(0, 2 * ARROWS), 2 * GRID * GRID);
  const { scores, gradients } = await trainer.criticAt(places);
  return {
    scores: scores.slice(0, GRID * GRID),
    slopes: lengths(gradients, GRID * GRID),
    gradients: gradients.slice(2 * GRID * GRID),
  };
}

/** What is looked at, and no more. */
export async function takeSnapshot(trainer: Trainer, { field, layers }: Look): Promise<Snapshot> {
  const { data, noise } = trainer.settings;
  if (data.dimensions !== 2) return { step: trainer.steps, samples: await trainer.sample(IMAGES) };
  const samples = await trainer.sample(SAMPLES);
  const isCriticSeen = field !== "none" || layers.includes("gradients");
  return {
    step: trainer.steps,
    samples,
    ...(isCriticSeen ? await readCritic(trainer, samples) : {}),
    ...(layers.includes("grid") ? { lattice: await trainer.generate(latticeNoise(noise)) } : {}),
  };
}

/** The buffers of a snapshot, which are handed over instead of copied. */
export function buffersOf(snapshot: Snapshot): ArrayBuffer[] {
  return Object.values(snapshot).flatMap((part) => (part instanceof Float32Array ? [part.buffer as ArrayBuffer] : []));
}
