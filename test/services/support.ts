/**
 * Requests to a service, and what the command line says of the same files.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { data, run } from "../cli/run.ts";
import type { Running } from "./servers.ts";

/** The folder of files that libraries made. */
export const fixtures: string = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));

/** A line of an answer. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string };

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function ask(server: Running, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(server.base + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Posts a file. */
export function post(server: Running, body: BodyInit, query = "", headers: Record<string, string> = {}) {
  const type = { "content-type": "application/octet-stream" };
  return ask(server, `/audit${query}`, { method: "POST", body, headers: { ...type, ...headers } });
}

/** The query for an address. */
export function byUrl(url: string, query = ""): string {
  return `/audit?url=${encodeURIComponent(url)}${query}`;
}

/** The lines of an answer that has some. */
export function linesOf({ status, headers, text }: Answer): Line[] {
  expect({ status, text: status === 200 ? "" : text }).toEqual({ status: 200, text: "" });
  expect(headers.get("content-type")).toBe("application/x-ndjson");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** An error, which is JSON of a code and a sentence, and nothing else. */
export function problemIn({ status, headers, text }: Answer) {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("access-control-allow-origin")).toBe("*");
  const { code, message, ...rest } = JSON.parse(text);
  expect(rest).toEqual({});
  expect(message.length).toBeGreaterThan(10);
  return { status, code: code as string, message: message as string };
}

/** What `audit --json` prints of a file, with the lines that a service makes of the same. */
export async function expectedLines(path: string, name: string): Promise<Line[]> {
  const { stdout } = await run("audit", "--json", path);
  const [audit] = JSON.parse(stdout).files;
  const rows: Line[] = [
    ...audit.tensors.map((row: object) => ({ type: "weight", ...row })),
    ...audit.adapters.map((row: object) => ({ type: "adapter", ...row })),
  ];
  const failed = rows.filter((row) => row["error"] !== null || row["converged"] !== true).length;
  const count = { weights: audit.tensors.length, adapters: audit.adapters.length, skipped: audit.skipped.length };
  return [
    { type: "checkpoint", file: name, format: expect.any(String), rows: rows.length },
    ...rows,
    ...audit.skipped.map((tensor: object) => ({ type: "skipped", ...tensor })),
    { type: "summary", ...count, failed },
  ];
}

const isModel = (name: string) => /\.(?:safetensors|npy|npz|onnx|h5|keras)$/.test(name);

/** Checkpoints that are one file. */
export const singles: readonly string[] = [
  ...readdirSync(data).map((name) => data + name),
  ...readdirSync(fixtures).map((name) => fixtures + name),
].filter((path) => isModel(path) && !path.endsWith("external.onnx"));

/** Checkpoints that name other files. */
export const several: readonly string[] = ["external.onnx", "model.safetensors.index.json", "sharded.weights.json"];

/** A file that is always right, to see that a server still lives. */
export const good: Uint8Array<ArrayBuffer> = new Uint8Array(readFileSync(`${fixtures}floats.safetensors`));

/** That a server answers as before. */
export async function expectAlive(server: Running): Promise<void> {
  const lines = linesOf(await post(server, good));
  expect(lines.at(-1)).toMatchObject({ type: "summary" });
}
