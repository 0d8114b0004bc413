/**
 * A drawing as a set of cells, and its short form for the address: two characters a cell.
 *
 * @module
 */
import type { Codec } from "../shared/url-state.ts";
import { REACH } from "./places.ts";

/** Cells a side of the plane. */
export const SIDE = 64;

/** Cells that a drawing has at most, so that its link stays short enough for every chat. */
export const LIMIT = 400;

/** Indices of cells, row by row from the top, ascending. */
export type Cells = readonly number[];

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The cells in the address. */
export const cells: Codec<Cells> = {
  write: (drawn) => drawn.map((cell) => `${LETTERS[Math.floor(cell / SIDE)]}${LETTERS[cell % SIDE]}`).join(""),
  read(text) {
    if (!/^(?:[\w-]{2})*$/.test(text) || text.length > 2 * LIMIT) return;
    const pairs = text.match(/../g) ?? [];
    const drawn = pairs.map(([row = "", column = ""]) => SIDE * LETTERS.indexOf(row) + LETTERS.indexOf(column));
    const isOrdered = drawn.every((cell, index) => index === 0 || cell > (drawn[index - 1] ?? 0));
    return isOrdered ? drawn : undefined;
  },
};

/** The cell of a point in the plane, if it lies within. */
export function cellAt(x: number, y: number): number | undefined {
  const [column, row] = [x, -y].map((place) => Math.floor(((place / REACH + 1) * SIDE) / 2));
  const isInside = [column, row].every((index) => index !== undefined && index >= 0 && index < SIDE);
  return isInside ? SIDE * (row ?? 0) + (column ?? 0) : undefined;
}

/** The middle of a cell in the plane. */
export function centerOf(cell: number): readonly [x: number, y: number] {
  const place = (index: number): number => ((2 * (index + 0.5)) / SIDE - 1) * REACH;
  return [place(cell % SIDE), -place(Math.floor(cell / SIDE))];
}

/** The drawing with a cell put in, or taken out; unchanged when it is full. */
export function withCell(drawn: Cells, cell: number, isPut: boolean): Cells {
  if (drawn.includes(cell) === isPut || (isPut && drawn.length >= LIMIT)) return drawn;
  return isPut ? [...drawn, cell].sort((a, b) => a - b) : drawn.filter((other) => other !== cell);
}

/** The cells that a straight stroke passes, both ends included. */
export function stroke(from: number, to: number): number[] {
  const [x, y] = [from % SIDE, Math.floor(from / SIDE)];
  const [dx, dy] = [(to % SIDE) - x, Math.floor(to / SIDE) - y];
  const count = Math.max(Math.abs(dx), Math.abs(dy), 1);
  return Array.from({ length: count + 1 }, (_, index) => {
    const share = index / count;
    return SIDE * Math.round(y + share * dy) + Math.round(x + share * dx);
  });
}

const arc = (x: number, y: number, from: number): number[] =>
  Array.from({ length: 33 }, (_, index) => {
    const angle = from + (index / 32) * Math.PI;
    return cellAt(x + 1.1 * Math.cos(angle), y + 1.1 * Math.sin(angle)) ?? 0;
  });

/** What the pad begins with: two moons, so that there is something to learn before anything is drawn. */
export const MOONS: Cells = [...new Set([...arc(-0.55, -0.3, 0), ...arc(0.55, 0.3, Math.PI)])].sort((a, b) => a - b);
