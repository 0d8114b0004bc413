import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** The project's documents. */
export const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs/architecture.md",
  "docs/numerics.md",
  "docs/benchmarks.md",
  "docs/performance.md",
  "docs/checkpoint.md",
  "docs/repair.md",
  "docs/jax.md",
  "docs/tfjs.md",
  "docs/audit.md",
  "docs/edge.md",
  "examples/cloudflare-worker/README.md",
  "docs/queue.md",
  "docs/pool.md",
  "docs/model.md",
];

export function readText(path: string): string {
  return readFileSync(new URL(path, `file://${root}`), "utf8");
}

/** A fenced block of code. */
export interface Block {
  readonly language: string;
  /** Its code, without the indentation that a list gives it. */
  readonly code: string;
  /** The line of the document that its code begins at. */
  readonly line: number;
  /** The name in a first line such as `// worker.js`. */
  readonly file: string | undefined;
}

/** The blocks of a document, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map((found) => {
    const [, indent = "", language = "", indented = ""] = found;
    const code = indented.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const line = markdown.slice(0, found.index).split("\n").length + 1;
    return { language, code, line, file: /^\/\/ ([\w./-]+\.js)\n/.exec(code)?.[1] };
  });
}

/** The cells of every row of the tables in a document, their heads included. */
export function rowsOf(markdown: string): string[][] {
  const rows = markdown.matchAll(/^ *\| (.*) \|$/gm);
  return [...rows].map(([, cells = ""]) => cells.split(" | ").map((cell) => cell.trim()));
}
