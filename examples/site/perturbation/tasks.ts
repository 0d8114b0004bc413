/**
 * What the page asks its worker: to train the models, and what they answer.
 *
 * @module
 */
import type { Engine } from "spectral-norm";
import { readDigits } from "../../shared/data.mjs";
import { split } from "../../shared/labeled.mjs";
import { Contestant, type Progress } from "./contestant.ts";
import { MODELS, type Model, type Settings, trainingOf } from "./models.ts";
import { leadOf, promisedRadius } from "./promise.ts";
import { answerOf, distance } from "./scores.ts";
import { smallestChange } from "./search.ts";

/** What is done to an image: it is replaced, or the attack makes a step of a length against a model or each. */
export type Change =
  | { readonly kind: "image"; readonly image: Float32Array }
  | { readonly kind: "worst"; readonly radius: number; readonly against: Model | "each" };

/** All that is said of one answer. */
export interface Reading {
  readonly before: number;
  readonly after: number;
  /** By how much the answer leads before the change. */
  readonly lead: number;
  /** No change shorter than this alters it. */
  readonly radius: number;
  /** Of the change that was made. */
  readonly size: number;
  /** Of the shortest change that was found to alter it; infinite if there was none, `undefined` if none was searched for. */
  readonly found: number | undefined;
}

/** What a model makes of an image, before and after a change. */
export interface Answer extends Reading {
  readonly model: Model;
  readonly step: number;
  readonly upper: number;
  /** Ten scores before and after. */
  readonly scores: readonly [before: Float32Array, after: Float32Array];
  /** The image after the change. */
  readonly image: Float32Array;
}

/** Images that no model learns from. */
export interface Samples {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

/** Of the parts: which digits are learned from is the same for all seeds, so that a link shows the same digit. */
const PARTS_SEED = 0;

const NOTHING = new Float32Array();

async function changedImage(
  contestants: readonly Contestant[],
  contestant: Contestant,
  image: Float32Array,
  change: Change,
): Promise<Float32Array> {
  if (change.kind === "image") return change.image;
  if (change.radius === 0) return image;
  const target = contestants.find(({ model }) => model === change.against) ?? contestant;
  const [scores = []] = await target.scores(Float32Array.from(image));
  return target.worst(image, answerOf(scores), [change.radius]);
}

async function judge(
  contestant: Contestant,
  image: Float32Array,
  changed: Float32Array,
  isSearched: boolean,
): Promise<Answer> {
  const upper = await contestant.upper();
  const [before = NOTHING, after = NOTHING] = await contestant.scores(Float32Array.from([...image, ...changed]));
  const found = isSearched ? await smallestChange(contestant, image, answerOf(before)) : undefined;
  return {
    model: contestant.model,
    step: contestant.step,
    upper,
    scores: [before, after],
    image: changed,
    before: answerOf(before),
    after: answerOf(after),
    lead: leadOf(before),
    radius: promisedRadius(before, upper),
    size: distance(image, changed),
    found: found?.length,
  };
}

/** The tasks by name, on the digits of examples/data as text. One is done after the other, in the order asked. */
export function createTasks(text: Promise<string>) {
  const parts = text.then((file) => split(readDigits(file), PARTS_SEED));
  // A refusal is said to whoever asks.
  parts.catch(() => {});
  let contestants: Contestant[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  /** The training of a step holds weights that are half replaced while it waits: nobody may look meanwhile. */
  const inTurn =
    <A extends readonly unknown[], R>(run: (...args: A) => Promise<R>) =>
    (_engine: Engine | undefined, ...args: A): Promise<R> => {
      const result = turn.then(() => run(...args));
      turn = result.catch(() => {});
      return result;
    };

  const samples = async (): Promise<Samples> => {
    const { test } = await parts;
    return { images: test.x, labels: test.y };
  };

  /** Begins anew with the models whose training the settings change, and goes on with the rest. */
  const begin = async (settings: Settings): Promise<void> => {
    const { train } = await parts;
    contestants = MODELS.map((model, index) => {
      const training = trainingOf(model, settings);
      const old = contestants[index];
      if (old !== undefined && JSON.stringify(old.training) === JSON.stringify(training)) return old;
      old?.dispose();
      return new Contestant(model, training, train);
    });
  };

  const learn = async (steps: number): Promise<readonly Progress[]> => {
    const { test } = await parts;
    const progress: Progress[] = [];
    for (const contestant of contestants) {
      await contestant.learn(steps);
      progress.push(await contestant.progress(test));
    }
    return progress;
  };

  const answer = async (image: Float32Array, change: Change, isSearched: boolean): Promise<readonly Answer[]> => {
    const answers: Answer[] = [];
    for (const contestant of contestants) {
      const changed = await changedImage(contestants, contestant, image, change);
      answers.push(await judge(contestant, image, changed, isSearched));
    }
    return answers;
  };

  return { samples: inTurn(samples), begin: inTurn(begin), learn: inTurn(learn), answer: inTurn(answer) };
}

/** The tasks of the page. */
export type PageTasks = ReturnType<typeof createTasks>;
