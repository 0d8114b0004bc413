/**
 * One of the models: it learns step by step, and answers at any time.
 *
 * @module
 */
import { numpy as np, tree } from "@jax-js/jax";
import { createAttack } from "../../shared/attack.mjs";
import { certifiedBound, certifiedRadius } from "../../shared/certificate.mjs";
import { createClassifier } from "../../shared/classifier.mjs";
import { marginOf, type Part } from "../../shared/labeled.mjs";
import { criticize, type Parameters } from "../../shared/mlp.mjs";
import { type Model, STEPS, type Training } from "./models.ts";
import { answerOf } from "./scores.ts";

/** Numbers an image, and scores. */
export const PIXELS = 64;
const CLASSES = 10;

/** As many as the experiments' attack has. */
const ATTACK_STEPS = 20;

/** How far a training has come, and what its model is worth on images that it has not seen. */
export interface Progress {
  readonly model: Model;
  readonly step: number;
  /** Before the last step; NaN before the first. */
  readonly loss: number;
  readonly accuracy: number;
  /** The certified Lipschitz constant. */
  readonly upper: number;
  /** The certified radius of each image, in ascending order; 0 where the answer is wrong. */
  readonly radii: Float64Array;
  /** The answer, where it is the same to all images. */
  readonly only: number | undefined;
  /** Why it learns no further. */
  readonly failure: string | undefined;
}

interface Snapshot {
  readonly step: number;
  readonly params: Parameters;
  readonly upper: number;
}

/** A model that learns. */
export class Contestant {
  readonly model: Model;
  readonly training: Training;
  readonly #classifier: ReturnType<typeof createClassifier>;
  readonly #attack = createAttack(ATTACK_STEPS);
  #snapshot: Snapshot | undefined;
  #loss = Number.NaN;
  #failure: string | undefined;

  constructor(model: Model, training: Training, train: Part) {
    this.model = model;
    this.training = training;
    this.#classifier = createClassifier({ ...training, train });
  }

  get step(): number {
    return this.#classifier.steps;
  }

  /** Steps on, unless it is done or has failed. */
  async learn(steps: number): Promise<void> {
    for (let count = 0; count < steps && this.step < STEPS && this.#failure === undefined; count++) {
      try {
        this.#loss = await this.#classifier.step();
      } catch (error) {
        this.#failure = (error as Error).message;
      }
    }
  }

  /** The weights in use and their constant, which belong together while the training goes on. */
  async #current(): Promise<Snapshot> {
    if (this.#snapshot?.step !== this.step) {
      if (this.#snapshot !== undefined) tree.dispose(this.#snapshot.params);
      const params = this.#classifier.effective();
      this.#snapshot = { step: this.step, params, upper: await certifiedBound(tree.ref(params)) };
    }
    return this.#snapshot;
  }

  /** The certified Lipschitz constant of the weights in use. */
  async upper(): Promise<number> {
    return (await this.#current()).upper;
  }

  /** Scores of images that stand one after the other. */
  async scores(images: Float32Array<ArrayBuffer>): Promise<Float32Array[]> {
    const { params } = await this.#current();
    const x = np.array(images, { shape: [images.length / PIXELS, PIXELS] });
    const scores = (await criticize(tree.ref(params), x).data()) as Float32Array;
    return Array.from({ length: images.length / PIXELS }, (_, row) =>
      scores.slice(CLASSES * row, CLASSES * row + CLASSES),
    );
  }

  /** The image after the worst step of each length that the attack finds against an answer, one after the other. */
  async worst(image: Float32Array, answer: number, lengths: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
    const { params } = await this.#current();
    const rows = new Float32Array(PIXELS * lengths.length);
    const hot = new Float32Array(CLASSES * lengths.length);
    for (const row of lengths.keys()) {
      rows.set(image, PIXELS * row);
      hot[CLASSES * row + answer] = 1;
    }
    const given = [
      np.array(rows, { shape: [lengths.length, PIXELS] }),
      np.array(hot, { shape: [lengths.length, CLASSES] }),
      np.array(Float32Array.from(lengths), { shape: [lengths.length, 1] }),
    ] as const;
    const changed = await this.#attack.run(params, ...given);
    tree.dispose([...given]);
    return (await changed.data()) as Float32Array<ArrayBuffer>;
  }

  /** How it stands on images that it has not seen. */
  async progress({ x, y }: Part): Promise<Progress> {
    const upper = await this.upper();
    const scores = await this.scores(x);
    const margins = scores.map((row, index) => marginOf([...row], y[index] ?? 0));
    const answers = new Set(scores.map(answerOf));
    return {
      model: this.model,
      step: this.step,
      loss: this.#loss,
      accuracy: margins.filter((margin) => margin > 0).length / margins.length,
      upper,
      radii: Float64Array.from(margins, (margin) => certifiedRadius(margin, upper)).sort(),
      only: answers.size === 1 ? [...answers][0] : undefined,
      failure: this.#failure,
    };
  }

  /** Gives the memory back. */
  dispose(): void {
    if (this.#snapshot !== undefined) tree.dispose(this.#snapshot.params);
    this.#classifier.dispose();
    this.#attack.dispose();
  }
}
