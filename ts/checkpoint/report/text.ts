/**
 * Words and numbers as a terminal shows them.
 *
 * @module
 */

/** Six significant digits; a dash for what is not known. */
export function formatNumber(value: number | null, mark = ""): string {
  return value === null ? "–" : mark + value.toPrecision(6);
}

/** `64×32×4×4` */
export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}

/** `1 weight`, `2 weights` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Names come from files of strangers: what would move the cursor, change colors or reorder text is shown escaped. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Cuts out the middle, which in the names of weights tells least. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  const tail = width - 1 - head;
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - tail).join("")}`;
}

/** Breaks a paragraph between words; continuation lines are indented. */
export function wrap(text: string, width: number, indent = "  "): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
