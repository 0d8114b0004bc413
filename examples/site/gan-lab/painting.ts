/**
 * A snapshot in the plane, layer over layer.
 *
 * @module
 */
import type { Colors } from "./colors.ts";
import { FINEST, fieldPixels, scoreShares, slopeShares } from "./field.ts";
import { ALONG, LINES, REACH } from "./places.ts";
import type { Look, Snapshot } from "./protocol.ts";

/** Pixels of an arrow for a gradient of length 1, as a share of the side; longer ones are cut at three times that. */
const ARROW = 0.045;

interface Canvas {
  readonly context: OffscreenCanvasRenderingContext2D;
  readonly side: number;
}

const placeOf = (side: number) => ({
  x: (value = 0): number => ((value / REACH + 1) * side) / 2,
  y: (value = 0): number => ((1 - value / REACH) * side) / 2,
});

/** Where the field is painted before layers come over it. */
let scratch: OffscreenCanvas | undefined;

/** A canvas of `side` × `side` pixels, the same one as long as the side is. */
function scratchOf(side: number): OffscreenCanvas {
  if (scratch?.width !== side) scratch = new OffscreenCanvas(side, side);
  return scratch;
}

function paintField({ context, side }: Canvas, snapshot: Snapshot, field: Look["field"], colors: Colors): void {
  const { scores, slopes } = snapshot;
  if (field === "none" || scores === undefined || slopes === undefined) return;
  const isScores = field === "scores";
  const shares = isScores ? scoreShares(scores) : slopeShares(slopes);
  const fine = Math.min(FINEST, side);
  const pixels = fieldPixels(shares, isScores ? colors.scores : colors.slopes, fine);
  const canvas = scratchOf(fine);
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, fine, fine), 0, 0);
  context.drawImage(canvas, 0, 0, side, side);
}

function paintDots({ context, side }: Canvas, points: Float32Array, radius: number): void {
  const { x, y } = placeOf(side);
  context.beginPath();
  for (let index = 0; index < points.length; index += 2) {
    const [left, top] = [x(points[index]), y(points[index + 1])];
    context.moveTo(left + radius, top);
    context.arc(left, top, radius, 0, 2 * Math.PI);
  }
  context.fill();
}

function paintLattice({ context, side }: Canvas, lattice: Float32Array): void {
  const { x, y } = placeOf(side);
  for (let line = 0; line < lattice.length / 2 / ALONG; line++) {
    context.beginPath();
    for (let point = 0; point < ALONG; point++) {
      const at = 2 * (line * ALONG + point);
      context.lineTo(x(lattice[at]), y(lattice[at + 1]));
    }
    // The middle lines, where the noise is 0, tell how the whole is turned.
    const isMiddle = line % LINES === (LINES - 1) / 2;
    context.lineWidth = (isMiddle ? 2 : 1) * Math.max(1, side / 400);
    context.stroke();
  }
}

function paintArrows({ context, side }: Canvas, samples: Float32Array, gradients: Float32Array): void {
  const { x, y } = placeOf(side);
  context.lineWidth = Math.max(1.25, side / 260);
  context.beginPath();
  for (let at = 0; at < gradients.length; at += 2) {
    const [dx = 0, dy = 0] = [gradients[at], gradients[at + 1]];
    const length = Math.hypot(dx, dy);
    if (!(length > 0)) continue;
    const scale = (ARROW * side * Math.min(3, length)) / length;
    const [left, top] = [x(samples[at]), y(samples[at + 1])];
    const [right, down] = [left + scale * dx, top - scale * dy];
    context.moveTo(left, top);
    context.lineTo(right, down);
    const head = 0.35 * scale;
    context.moveTo(right - head * (dx + 0.6 * dy), down + head * (dy - 0.6 * dx));
    context.lineTo(right, down);
    context.lineTo(right - head * (dx - 0.6 * dy), down + head * (dy + 0.6 * dx));
  }
  context.stroke();
}

/** The samples, with a border that keeps them apart from the field and from each other. */
function paintSamples(canvas: Canvas, samples: Float32Array, color: string, border: string): void {
  const { context, side } = canvas;
  const radius = Math.max(2, side / 150);
  context.fillStyle = border;
  paintDots(canvas, samples, radius + Math.max(0.75, side / 500));
  context.fillStyle = color;
  paintDots(canvas, samples, radius);
}

/** What is painted of a run. */
interface Seen {
  readonly snapshot: Snapshot | undefined;
  readonly real: Float32Array;
}

/** Paints a run in the plane. */
export function paintPlane(canvas: Canvas, { snapshot, real }: Seen, look: Look, colors: Colors, mark: string): void {
  const { context, side } = canvas;
  context.fillStyle = colors.card;
  context.fillRect(0, 0, side, side);
  if (snapshot === undefined) return;
  paintField(canvas, snapshot, look.field, colors);
  context.lineJoin = "round";
  context.lineCap = "round";
  if (look.layers.includes("real")) {
    context.fillStyle = colors.ink;
    paintDots(canvas, real, Math.max(1.1, side / 300));
  }
  context.strokeStyle = mark;
  if (look.layers.includes("grid") && snapshot.lattice !== undefined) paintLattice(canvas, snapshot.lattice);
  if (look.layers.includes("samples")) paintSamples(canvas, snapshot.samples, mark, colors.card);
  if (look.layers.includes("gradients") && snapshot.gradients !== undefined) {
    context.strokeStyle = colors.ink;
    paintArrows(canvas, snapshot.samples, snapshot.gradients);
  }
}
