/**
 * The plane: the unit circle, its image, the columns to drag, and the iterates.
 *
 * @module
 */
import { roundTicks } from "../shared/chart.ts";
import { set, svg } from "../shared/dom.ts";
import { number } from "../shared/format.ts";
import { FORMS, type Form, type Matrix, type Reading } from "./tasks.ts";

/** Length of half the side, in units of the figure. */
const HALF = 260;

type Vector = readonly [x: number, y: number];

/** W·x. */
export const image = ([a, b, c, d]: Matrix, [x, y]: Vector): Vector => [a * x + b * y, c * x + d * y];

/** How many units of the plane fit between its middle and its edge. */
export function reachOf(matrix: Matrix): number {
  const [a, b, c, d] = matrix;
  // The norm is at most Frobenius', and the ellipse within the norm.
  const [sum, difference] = [
    a * a + b * b + c * c + d * d,
    Math.hypot(a * a + c * c - b * b - d * d, 2 * (a * b + c * d)),
  ];
  return 1.18 * Math.max(1, Math.sqrt((sum + difference) / 2));
}

/** Everything that is drawn, of one matrix at one step. */
export interface Scene {
  readonly matrix: Matrix;
  readonly step: number;
  /** Units from the middle to the edge. */
  readonly reach: number;
  /** Of this matrix, or of one before it while the engine computes. */
  readonly reading: Reading | undefined;
}

const around = (count: number): Vector[] =>
  Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return [Math.cos(angle), Math.sin(angle)];
  });

class Pen {
  readonly #scale: number;
  readonly #unit: number;
  readonly group: SVGGElement;

  constructor(group: SVGGElement, reach: number, unit: number) {
    this.group = group;
    this.#scale = HALF / reach;
    this.#unit = unit;
    group.replaceChildren();
  }

  /** To units of the figure, whose vertical axis points down. */
  at([x, y]: Vector): Vector {
    return [x * this.#scale, -y * this.#scale];
  }

  line(from: Vector, to: Vector, name: string): void {
    const [[x1, y1], [x2, y2]] = [this.at(from), this.at(to)];
    this.group.append(svg("line", { class: name, x1, y1, x2, y2 }));
  }

  dot(center: Vector, name: string, r: number, opacity?: number): void {
    const [cx, cy] = this.at(center);
    this.group.append(svg("circle", { class: name, cx, cy, r: r * this.#unit, opacity }));
  }

  loop(points: readonly Vector[], name: string): void {
    const path = points.map((point) =>
      this.at(point)
        .map((value) => value.toFixed(2))
        .join(","),
    );
    this.group.append(svg("path", { class: name, d: `M${path.join("L")}Z` }));
  }

  word(point: Vector, text: string, name: string, dx = 0, dy = 0): void {
    const [x, y] = this.at(point);
    this.group.append(svg("text", { class: name, x: x + dx, y: y + dy }, text));
  }
}

function drawGrid(pen: Pen, reach: number): void {
  for (const tick of roundTicks(reach, 4).slice(1)) {
    for (const at of [tick, -tick]) {
      pen.line([at, -reach], [at, reach], "mesh");
      pen.line([-reach, at], [reach, at], "mesh");
    }
    pen.word([tick, 0], number(tick), "unit", 0, 16);
  }
  pen.line([-reach, 0], [reach, 0], "mesh axis");
  pen.line([0, -reach], [0, reach], "mesh axis");
}

function drawMap(pen: Pen, matrix: Matrix): void {
  const fine = around(180);
  pen.loop(
    fine.map((point) => image(matrix, point)),
    "ellipse",
  );
  for (const point of around(24)) pen.line(point, image(matrix, point), "spoke");
  pen.loop(fine, "circle");
}

/** The iterates up to a step: on the circle, and where the matrix takes them. */
function drawRun(pen: Pen, form: Form, { matrix, step, reading }: Scene): void {
  const vectors = reading?.[form].vectors.slice(0, step) ?? [];
  for (const [index, vector] of vectors.entries()) {
    const isLast = index === vectors.length - 1;
    const opacity = isLast ? 1 : 0.35 + (0.35 * index) / vectors.length;
    const radius = (isLast ? 7 : 4.5) + (form === "gram" ? 0 : 2);
    if (isLast) pen.line([0, 0], image(matrix, vector), `ray ${form}`);
    pen.dot(vector, `iterate ${form}`, radius, opacity);
    pen.dot(image(matrix, vector), `iterate ${form}`, radius, opacity);
  }
}

function drawTruth(pen: Pen, { matrix, reading }: Scene): void {
  if (reading === undefined) return;
  const [x, y] = reading.direction;
  pen.line([-x, -y], [x, y], "truth truth-before");
  const end = image(matrix, reading.direction);
  pen.line([-end[0], -end[1]], end, "truth");
}

/** A figure that draws scenes, and says where a pointer is in units of the plane. */
export class Plane {
  readonly figure: SVGSVGElement = svg("svg", {
    class: "plane",
    viewBox: `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`,
    role: "group",
    "aria-label": "The unit circle, its image under the matrix, and the columns of the matrix to drag",
  });
  readonly #back = svg("g", { "aria-hidden": "true" });
  /** The columns, the two things in the figure that can be held. */
  readonly handles: readonly [SVGGElement, SVGGElement] = [this.#handle(1), this.#handle(2)];
  #reach = 1;

  constructor() {
    this.figure.append(this.#back, ...this.handles);
  }

  #handle(column: number): SVGGElement {
    const parts = [
      svg("line", { class: "column-line" }),
      svg("circle", { class: "column-reach" }),
      svg("circle", { class: "column-dot" }),
      svg("text", { class: "column-name", "text-anchor": "middle", "aria-hidden": "true" }, `w${"₁₂"[column - 1]}`),
    ];
    return svg("g", { class: "column", id: `column-${column}`, tabindex: 0, role: "slider" }, ...parts);
  }

  /** Draws a scene in place of the one before. */
  draw(scene: Scene): void {
    this.#reach = scene.reach;
    // On a small screen the figure shrinks, but not fingers.
    const unit = Math.min(2, Math.max(1, (2 * HALF) / (this.figure.clientWidth || 2 * HALF)));
    this.figure.style.setProperty("--unit", String(unit));
    const pen = new Pen(this.#back, scene.reach, unit);
    drawGrid(pen, scene.reach);
    drawMap(pen, scene.matrix);
    drawTruth(pen, scene);
    for (const form of FORMS) drawRun(pen, form, scene);
    const [a, b, c, d] = scene.matrix;
    this.#place(pen, unit, 0, [a, c]);
    this.#place(pen, unit, 1, [b, d]);
  }

  #place(pen: Pen, unit: number, index: 0 | 1, column: Vector): void {
    const handle = this.handles[index];
    const [x, y] = pen.at(column);
    const [line, reach, dot, name] = handle.children;
    if (!(line && reach && dot && name)) return;
    set(line, { x1: 0, y1: 0, x2: x, y2: y });
    set(reach, { cx: x, cy: y, r: 24 * unit });
    set(dot, { cx: x, cy: y, r: 11 * unit });
    const length = Math.hypot(x, y);
    // Beyond the end of a column; above one too short to point anywhere.
    const [right, down] = length < 30 * unit ? [0, -1] : [x / length, y / length];
    set(name, { x: x + 26 * unit * right, y: y + (26 * down + 5) * unit });
    const words = `${number(column[0])}, ${number(column[1])}`;
    set(handle, {
      "aria-label": `Column ${index + 1}. Arrow keys move it, with Shift farther.`,
      "aria-valuenow": column[0],
      "aria-valuetext": words,
    });
  }

  /** Where an event is, in units of the plane. */
  locate({ clientX, clientY }: PointerEvent): Vector {
    const { left, top, width, height } = this.figure.getBoundingClientRect();
    const side = 2 * this.#reach;
    return [((clientX - left) / width - 0.5) * side, (0.5 - (clientY - top) / height) * side];
  }
}
