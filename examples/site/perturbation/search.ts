/**
 * The smallest change that an attack finds: an upper bound of how much an answer stands.
 *
 * @module
 */
import { type Contestant, PIXELS } from "./contestant.ts";
import { answerOf, distance } from "./scores.ts";

/** Lengths to attack with, up to the diagonal of the cube of all images. */
const LENGTHS = Array.from({ length: 24 }, (_, index) => 0.02 * (16 / 0.02) ** (index / 23));

/** Places on the way from an image to a changed one, which is cut shorter twice. */
const PLACES = 32;

/** A change that alters an answer; none was found where the length is infinite. */
export interface Found {
  readonly length: number;
  readonly image: Float32Array;
}

const rowOf = (rows: Float32Array, row: number): Float32Array => rows.slice(PIXELS * row, PIXELS * row + PIXELS);

/** The first place on the way between two images where the answer is another, and the last before it. */
async function shorten(
  contestant: Contestant,
  answer: number,
  [from, to]: readonly [Float32Array, Float32Array],
): Promise<readonly [Float32Array, Float32Array]> {
  const places = Float32Array.from({ length: PIXELS * PLACES }, (_, at) => {
    const share = (Math.floor(at / PIXELS) + 1) / PLACES;
    const start = from[at % PIXELS] ?? 0;
    return start + share * ((to[at % PIXELS] ?? 0) - start);
  });
  const scores = await contestant.scores(places.slice());
  const first = scores.findIndex((row) => answerOf(row) !== answer);
  if (first < 0) return [from, to];
  return [first === 0 ? from : rowOf(places, first - 1), rowOf(places, first)];
}

/** Attacks with every length, takes the shortest that succeeds, and walks back towards the image. */
export async function smallestChange(contestant: Contestant, image: Float32Array, answer: number): Promise<Found> {
  const attacked = await contestant.worst(image, answer, LENGTHS);
  const scores = await contestant.scores(attacked.slice());
  const changed = scores.flatMap((row, index) => (answerOf(row) === answer ? [] : [rowOf(attacked, index)]));
  changed.sort((a, b) => distance(a, image) - distance(b, image));
  const [nearest] = changed;
  if (nearest === undefined) return { length: Number.POSITIVE_INFINITY, image };
  let ends: readonly [Float32Array, Float32Array] = [image, nearest];
  for (let round = 0; round < 2; round++) ends = await shorten(contestant, answer, ends);
  return { length: distance(ends[1], image), image: ends[1] };
}
