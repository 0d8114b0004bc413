import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** Kilobytes (1000 bytes) after gzip, what a server sends. */
export const BUDGETS = {
  "index.js": 60,
  "node.js": 26,
  "slim.js": 26,
  "workerd.js": 26,
  "edge-light.js": 26,
  "checkpoint.js": 24,
  "audit.js": 26,
  "repair.js": 44,
  "pool.js": 12,
  "model.js": 3,
  "worker.js": 24,
  "jax.js": 8,
  "tfjs.js": 12,
  "spectral_norm.wasm": 50,
  "cli.js": 60,
};

/** What an entry imports from beside it is loaded with it. */
const PARTS = { "checkpoint.js": ["checkpoint/shared.js"], "repair.js": ["checkpoint/shared.js"] };

const COLUMNS = ["file", "raw", "gzip", "brotli", "budget"];
const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

/** One row a file: its sizes in bytes and whether it exceeds its budget. */
export function measure(folder) {
  return Object.entries(BUDGETS).map(([file, budget]) => {
    const paths = [file, ...(PARTS[file] ?? [])].map((part) => join(folder, part));
    const parts = paths.map((path) => (existsSync(path) ? readFileSync(path) : Buffer.alloc(0)));
    const sum = (sizeOf) => parts.reduce((total, bytes) => total + sizeOf(bytes), 0);
    const raw = sum((bytes) => bytes.length);
    const gzip = sum((bytes) => gzipSync(bytes, { level: 9 }).length);
    const brotli = sum((bytes) => brotliCompressSync(bytes).length);
    const isMissing = parts.some((bytes) => bytes.length === 0);
    return { file, raw, gzip, brotli, budget, excess: isMissing || gzip > budget * 1000 };
  });
}

/** The rows as text, in kB. */
export function table(rows) {
  const cells = rows.map((row) => [
    row.file,
    kilobytes(row.raw),
    kilobytes(row.gzip),
    kilobytes(row.brotli),
    `${row.budget} gzip${row.excess ? "  EXCEEDED" : ""}`,
  ]);
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  return [COLUMNS, ...cells].map(line).join("\n");
}
