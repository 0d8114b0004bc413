/**
 * What the tests of the checkpoint page share.
 *
 * @module
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { type Audit, fields, rowsOf } from "spectral-norm/audit";
import { expect, inject } from "vitest";
import { patiently, text, type Visit, visit } from "./pages.ts";

export const PAGE = "checkpoint/";

/** All columns of numbers, in the address. */
export const NUMBERS = fields.filter(({ isNumber }) => isNumber);
export const ALL_COLUMNS = `columns=${NUMBERS.map(({ key }) => key).join(".")}`;

/** A checkpoint of examples/data. */
export const exampleFile = (name: string): string =>
  fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));

/** A file of test/fixtures/checkpoints. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/checkpoints/${name}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-checkpoint-"));

/** Writes a file that goes away with the system's temporary files. */
export function temporary(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Visits the page with a script that runs before its own. */
export async function visitCheckpoint(browser: Browser, query: string, before?: () => void): Promise<Visit> {
  const visited = await visit(browser, "./");
  if (before !== undefined) await visited.page.evaluateOnNewDocument(before);
  await visited.page.goto(new URL(`${PAGE}${query}`, inject("origin")).href);
  return visited;
}

/** Waits until the audit is over, and gives its sentence. */
export function over(page: Page, name: string): Promise<string> {
  return patiently(
    () => text(page, "verdict"),
    (seen) => seen.includes(name) && !/^(?:Starting|Opening|Measuring)/.test(seen),
  );
}

/** Picks files of this machine with one of the page's fields. */
export async function pick(page: Page, field: "files" | "layers", ...paths: readonly string[]): Promise<void> {
  const input = (await page.$(`#${field}`)) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(...paths);
}

/** Drops files that scripts made, as a test can. */
export async function drop(page: Page, files: readonly { readonly name: string; readonly bytes: Uint8Array }[]) {
  const encoded = files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString("base64")] as const);
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const [name, base64] of given) {
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.getElementById("drop")?.dispatchEvent(event);
  }, encoded);
}

/** The numbers of the rows on the page, by their columns' keys; what is missing is null. */
export function shownNumbers(page: Page): Promise<Record<string, number | null>[]> {
  return page.$$eval("#rows tr[data-no]", (rows) =>
    rows.map((row) => {
      const cells = [...row.querySelectorAll<HTMLDataElement>("td.number data")];
      return Object.fromEntries(
        cells.map((data) => {
          const key = /of-(\w+)/.exec(data.parentElement?.className ?? "")?.[1] ?? "";
          return [key, data.hasAttribute("value") ? Number(data.value) : null];
        }),
      );
    }),
  );
}

/** The numbers that the rows of a report have, in the columns that are not empty. */
export function expectedNumbers(report: Audit): Record<string, number | null>[] {
  const rows = rowsOf(report);
  const used = NUMBERS.filter(({ value }) => rows.some((row) => value(row) !== null));
  return rows.map((row) => Object.fromEntries(used.map(({ key, value }) => [key, value(row) as number | null])));
}

/** The names of the rows on the page, as they are shown. */
export const names = (page: Page): Promise<string[]> =>
  page.$$eval("#rows .open bdi", (labels) => labels.map((label) => label.textContent ?? ""));

/** Math.log10 differs in its last digits from one JavaScript to the next; all else is the engine's own. */
const isLogarithm = (key: string): boolean => key.startsWith("log10_");

/** Expects the page to show a report, to the last bit. */
export async function expectReport(page: Page, report: Audit): Promise<void> {
  await over(page, basename(report.file));
  const [shown, expected] = [await shownNumbers(page), expectedNumbers(report)];
  const others = (rows: readonly Record<string, number | null>[]) =>
    rows.map((row) => Object.entries(row).filter(([key]) => !isLogarithm(key)));
  expect(others(shown)).toEqual(others(expected));
  for (const [index, row] of expected.entries()) {
    for (const [key, value] of Object.entries(row).filter(([key]) => isLogarithm(key))) {
      const seen = shown[index]?.[key] ?? Number.NaN;
      if (value !== null) expect(Math.abs(seen - value), key).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(value)));
      else expect(shown[index]).toMatchObject({ [key]: null });
    }
  }
  expect(await names(page)).toEqual(rowsOf(report).map(({ name }) => name));
}
