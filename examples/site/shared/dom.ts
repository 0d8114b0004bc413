/**
 * Elements, made and found.
 *
 * @module
 */
type Attributes = Readonly<Record<string, string | number | undefined>>;
type Child = Node | string;

const SVG = "http://www.w3.org/2000/svg";

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** An HTML element. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Sets attributes of an element that exists. */
export function set(element: Element, attributes: Attributes): void {
  filled(element, attributes, []);
}

/** The element with an id, of a kind; a page that lacks it is a fault of ours. */
export function find<E extends Element>(id: string, kind: abstract new (...args: never[]) => E): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} with the id "${id}"`);
}

/** What follows is a task of its own, and none is long: input and paint come between. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Calls `draw` once before the next frame, however often it was asked for. */
export function eachFrame(draw: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      draw();
    });
  };
}

/** Drawings that wait for a frame of their own, in the order in which they were asked for. */
const waiting = new Set<() => void>();
/** Those who wait until none of them waits. */
let awaiting: (() => void)[] = [];

function drawNext(): void {
  const [draw] = waiting;
  if (draw === undefined) return;
  waiting.delete(draw);
  if (waiting.size > 0) requestAnimationFrame(drawNext);
  // The frame is laid out and painted first: who waits goes on in a task after it, even if the drawing fails.
  else setTimeout(release);
  draw();
}

function release(): void {
  const released = awaiting;
  awaiting = [];
  for (const go of released) go();
}

/**
 * As {@link eachFrame}, but a frame has one such drawing of all the page's: what is drawn often, and in many places at
 * once, then never makes a long task.
 */
export function oneAFrame(draw: () => void): () => void {
  return () => {
    if (waiting.size === 0) requestAnimationFrame(drawNext);
    waiting.add(draw);
  };
}

/** Comes when nothing waits for a frame of its own, or when nothing is seen. */
export function allDrawn(): Promise<void> {
  if (waiting.size === 0 || document.hidden) return Promise.resolve();
  // A page that is not seen has no frames: who waits for them would wait until it is.
  document.addEventListener("visibilitychange", release, { once: true });
  return new Promise((resolve) => awaiting.push(resolve));
}
