/**
 * The controls that pages share. All of them are the browser's own, so that keyboards and readers know them.
 *
 * @module
 */
import { find, html } from "./dom.ts";

/** A group of radio buttons within the element `id`; returns what shows a value. */
export function radios<T extends string>(
  id: string,
  options: readonly (readonly [value: T, label: string])[],
  onChange: (value: T) => void,
): (value: T) => void {
  const group = find(id, HTMLElement);
  const inputs = options.map(([value]) => html("input", { type: "radio", name: id, value }));
  for (const [index, [value, label]] of options.entries()) {
    const input = inputs[index] as HTMLInputElement;
    input.addEventListener("change", () => onChange(value));
    group.append(html("label", {}, input, html("span", {}, label)));
  }
  return (value) => {
    for (const input of inputs) input.checked = input.value === value;
  };
}

/** A row of buttons within the element `id`, one for each preset; returns what marks the one in use. */
export function presets<T extends string>(
  id: string,
  options: readonly (readonly [value: T, label: string])[],
  onPick: (value: T) => void,
): (value: T | undefined) => void {
  const buttons = options.map(([value, label]) => {
    const button = html("button", { type: "button", "data-preset": value }, label);
    button.addEventListener("click", () => onPick(value));
    return button;
  });
  find(id, HTMLElement).append(...buttons);
  return (current) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["preset"] === current));
  };
}

/** A field for one number; what is no number is marked, and not passed on. */
export function numberField(input: HTMLInputElement, onChange: (value: number) => void): (value: number) => void {
  input.addEventListener("input", () => {
    const value = input.valueAsNumber;
    const isRight = Number.isFinite(value) && input.validity.valid;
    input.setAttribute("aria-invalid", String(!isRight));
    if (isRight) onChange(value);
  });
  return (value) => {
    // Not under the fingers of whoever types: "0." and "-" on the way to a number would be lost.
    if (input === document.activeElement && input.valueAsNumber === value) return;
    input.value = String(value);
    input.setAttribute("aria-invalid", "false");
  };
}

/** A slider; returns what sets it. */
export function slider(input: HTMLInputElement, onChange: (value: number) => void): (value: number) => void {
  input.addEventListener("input", () => onChange(input.valueAsNumber));
  return (value) => {
    input.value = String(value);
  };
}

/** A button that copies the page's address, which carries its state. */
export function offerLink(button: HTMLButtonElement): void {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Link copied";
    } catch {
      button.textContent = "Copy it from the address bar";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
}
