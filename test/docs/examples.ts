import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./markdown.ts";

/** A stated result and what came instead, or not instead. */
export interface Outcome {
  readonly line: number;
  readonly stated: string;
  readonly actual: string;
}

/**
 * Code with its stated results as calls that report them. A comment at the end of a line states the value of that line:
 * of an expression, of what is assigned, or of what is logged. Comments on lines of their own are prose.
 */
export function instrument(code: string): string {
  const lines = code.split("\n").map((text, index) => {
    const found = /^(\s*)(\S.*?);? \/\/ (.+)$/.exec(text);
    if (found === null) return text;
    const [, indent = "", statement = "", stated = ""] = found;
    const report = (value: string) => `__report(${index + 1}, ${JSON.stringify(stated)}, ${value});`;
    // The last statement of a line is what it says something of.
    const [, before = "", last = ""] = /^(.*; )?(.*)$/.exec(statement) ?? [];
    const assigned = /^(?:const|let) (\w+) = /.exec(last)?.[1];
    if (assigned !== undefined) return `${indent}${before}${last}; ${report(assigned)}`;
    return `${indent}${before}${report(/^console\.log\((.*)\)$/.exec(last)?.[1] ?? last)}`;
  });
  return lines.join("\n");
}

/** Written beside every example: how values are shown, and the parts of a browser that examples need. */
const PRELUDE = `
import { readFileSync } from "node:fs";
import { Worker as Thread } from "node:worker_threads";

function show(value) {
  if (ArrayBuffer.isView(value)) return value.constructor.name + " [" + value.join(", ") + "]";
  return value === undefined ? "undefined" : JSON.stringify(value);
}

globalThis.__report = (line, stated, value) => {
  console.log(JSON.stringify({ line, stated, actual: show(value) }));
};

globalThis.fetch = async (address) => {
  if (address !== "/spectral_norm.wasm") throw new TypeError("no such address: " + address);
  const bytes = readFileSync(new URL("./spectral_norm.wasm", import.meta.resolve("spectral-norm")));
  return new Response(bytes, { headers: { "content-type": "application/wasm" } });
};

// A Web Worker, over Node's: a thread of its own, and messages cloned in the same way.
const inThread = \`
  const { parentPort, workerData } = require("node:worker_threads");
  globalThis.self = globalThis;
  self.postMessage = (message) => parentPort.postMessage(message);
  import(workerData).then(() => parentPort.on("message", (data) => self.onmessage({ data })));
\`;
globalThis.Worker = class {
  #thread;
  constructor(address, { type }) {
    if (type !== "module") throw new TypeError("the worker imports, so it must be a module");
    this.#thread = new Thread(inThread, { eval: true, workerData: String(address) });
    this.#thread.on("message", (data) => {
      this.onmessage({ data });
      this.#thread.terminate();
    });
  }
  postMessage(message, transfer) {
    this.#thread.postMessage(message, transfer);
  }
};
`;

/**
 * Runs modules in a Node of their own, as a reader would: the package comes by its name, from dist/.
 *
 * @param files The modules by name; the first is run.
 */
export async function run(files: Readonly<Record<string, string>>): Promise<{ outcomes: Outcome[]; stdout: string }> {
  // Within the project, for the package to be found by its name.
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "docs-"));
  try {
    const modules = Object.entries(files);
    for (const [name, code] of [...modules, ["prelude.mjs", PRELUDE]] as [string, string][]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), code);
    }
    const [main = ""] = Object.keys(files);
    const stdout = await node(["--import", `file://${join(folder, "prelude.mjs")}`, join(folder, main)]);
    const lines = stdout.split("\n").filter((line) => line.startsWith('{"line":'));
    return { stdout, outcomes: lines.map((line) => JSON.parse(line) as Outcome) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs Node in the project's root, and gives its output. */
export function node(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.at(-1)} failed:\n${stdout}${stderr}`));
    });
  });
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]\d+)?/g;

/** Fifteen digits or more are meant to the last one, fewer but for rounding errors. */
function sameNumber(stated: string, actual: string): boolean {
  if (stated.replaceAll(/\D/g, "").length >= 15) return stated === actual;
  return Math.abs(Number(actual) - Number(stated)) <= 1e-12 * Math.abs(Number(stated));
}

/** Whether a value is what was stated. */
export function agrees({ stated, actual }: Outcome): boolean {
  const [expected, got] = [stated.match(NUMBER) ?? [], actual.match(NUMBER) ?? []];
  if (stated.replaceAll(NUMBER, "#") !== actual.replaceAll(NUMBER, "#")) return false;
  return expected.every((number, index) => sameNumber(number, got[index] ?? ""));
}
