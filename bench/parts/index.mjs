// @ts-check
/**
 * The parts of `npm run bench:peers`, in the order of docs/benchmarks.md.
 *
 * @module
 */
import { choices } from "./choices.mjs";
import { convolutions } from "./convolutions.mjs";
import { decompositions } from "./decompositions.mjs";
import { growth } from "./growth.mjs";
import { instructions } from "./instructions.mjs";
import { layers } from "./layers.mjs";
import { native } from "./native.mjs";
import { norms } from "./norms.mjs";
import { numpy } from "./numpy.mjs";
import { pool } from "./pool.mjs";
import { roofline } from "./roofline.mjs";
import { startup } from "./startup.mjs";
import { storage } from "./storage.mjs";
import { tensors } from "./tensors.mjs";

/** @typedef {import("../alternate.mjs").Result} Result */
/** @typedef {import("../generated/loops.mjs").Counts} Counts */
/** @typedef {{ products: Counts, sums: Counts }} Loops */
/** @typedef {{ name: string, elements?: number, bytes?: number, side?: number, loops?: Loops, nanoseconds?: number, most?: number, results: Result[] }} Case */
/**
 * @typedef {object} Part
 * @property {string} title
 * @property {string} about What is measured, in sentences.
 * @property {string[]} needs What must be there: `python`, `torch`, `npm`, `native` or `generated`.
 * @property {"ratio" | "difference" | "rate" | "growth" | "instructions"} [kind] What is made of the times; `ratio` unless told.
 * @property {string} [own] The name of what peers are held against; `spectral-norm` unless told.
 * @property {(one: Case, peer: string) => number | undefined} [goal] How many times as long as ours a peer is to take.
 * @property {number} [most] Of a difference, in microseconds.
 * @property {(settings: { rounds: number, quick: boolean }) => Promise<{ versions: { [name: string]: unknown }, cases: Case[] }>} measure
 */

/** @type {Readonly<{ [id: string]: Part }>} */
export const parts = {
  numpy,
  tensors,
  native,
  roofline,
  layers,
  norms,
  decompositions,
  convolutions,
  storage,
  pool,
  startup,
  instructions,
  growth,
  choices,
};
