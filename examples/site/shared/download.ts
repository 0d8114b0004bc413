/**
 * Figures and texts as files.
 *
 * @module
 */
const PROPERTIES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
  "paint-order",
];

/** Saves a file under a name, as if it had been downloaded. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the address after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** An SVG that looks the same without the page's style sheet. */
export function standalone(figure: SVGSVGElement): string {
  const copy = figure.cloneNode(true) as SVGSVGElement;
  const originals = [figure, ...figure.querySelectorAll("*")];
  for (const [index, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(originals[index] ?? figure);
    for (const property of PROPERTIES) element.setAttribute(property, style.getPropertyValue(property));
    for (const name of ["class", "style", "tabindex"]) element.removeAttribute(name);
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(figure.viewBox.baseVal.width));
  copy.setAttribute("height", String(figure.viewBox.baseVal.height));
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return new XMLSerializer().serializeToString(copy);
}

/** Makes a button save a figure as SVG. */
export function offerSvg(button: HTMLButtonElement, figure: () => SVGSVGElement, name: string): void {
  button.addEventListener("click", () => save(new Blob([standalone(figure())], { type: "image/svg+xml" }), name));
}

/** Makes a button save a canvas as PNG. */
export function offerPng(button: HTMLButtonElement, canvas: HTMLCanvasElement, name: string): void {
  button.addEventListener("click", () => canvas.toBlob((blob) => blob && save(blob, name), "image/png"));
}
