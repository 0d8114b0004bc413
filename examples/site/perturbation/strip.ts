/**
 * Digits to pick from: one of each class, and the next and previous ones.
 *
 * @module
 */
import { find, html, set } from "../shared/dom.ts";
import type { Samples } from "./tasks.ts";
import { drawImage, type Tile, tile } from "./tiles.ts";

const CLASSES = 10;

/** The places of a class among labels. */
export function placesOf(labels: ArrayLike<number>, label: number): number[] {
  return Array.from(labels, (other, index) => (other === label ? index : -1)).filter((index) => index >= 0);
}

/** The sample `by` further within the class of one, around its end. */
export function neighbor(labels: ArrayLike<number>, digit: number, by: number): number {
  const places = placesOf(labels, labels[digit] ?? 0);
  const rank = places.indexOf(digit);
  return places.at((rank + by) % places.length) ?? digit;
}

/** Which sample of each class is shown beside one: those of the same rank, or the last. */
export function shelf(labels: ArrayLike<number>, digit: number): number[] {
  const rank = placesOf(labels, labels[digit] ?? 0).indexOf(digit);
  return Array.from({ length: CLASSES }, (_, label) => {
    const places = placesOf(labels, label);
    return places[Math.min(rank, places.length - 1)] ?? 0;
  });
}

/** Puts the strip into the page; returns what shows it around a digit, which is marked unless another is drawn. */
export function strip(pick: (digit: number) => void): (samples: Samples, digit: number, isDrawn: boolean) => void {
  const home = find("strip", HTMLElement);
  let shown: number[] = [];
  let known: Samples | undefined;
  let current = 0;
  let wasDrawn: boolean | undefined;
  const buttons = Array.from({ length: CLASSES }, (_, label): readonly [HTMLButtonElement, Tile] => {
    const image = tile();
    const button = html("button", { type: "button", "aria-label": `A ${label}`, "data-class": label }, image.figure);
    button.addEventListener("click", () => pick(shown[label] ?? 0));
    return [button, image];
  });
  home.append(...buttons.map(([button]) => button));
  for (const [id, by] of [
    ["previous", -1],
    ["next", 1],
  ] as const) {
    find(id, HTMLButtonElement).addEventListener("click", () => {
      if (known !== undefined) pick(neighbor(known.labels, current, by));
    });
  }
  return (samples, digit, isDrawn) => {
    // While somebody draws, nothing here changes from one frame to the next.
    if (samples === known && digit === current && isDrawn === wasDrawn) return;
    [known, current, wasDrawn] = [samples, digit, isDrawn];
    shown = shelf(samples.labels, digit);
    for (const [label, [button, image]] of buttons.entries()) {
      const index = shown[label] ?? 0;
      drawImage(image, samples.images.subarray(64 * index, 64 * index + 64));
      set(button, { "aria-pressed": String(index === digit && !isDrawn) });
    }
  };
}
