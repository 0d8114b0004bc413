/** The command that a user types, with all its defaults: time, and the peak of memory, all of its threads included. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Milliseconds between looks at the peak, which the system keeps, but for a process that is there. */
const LOOK = 20;

const [path] = process.argv.slice(2);
const command = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const start = performance.now();
const child = spawn(process.execPath, [command, "audit", path], { stdio: ["ignore", "ignore", "inherit"] });
let peak = 0;
const timer = setInterval(() => {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
    peak = Math.max(peak, Number(kilobytes ?? 0) * 1024);
  } catch {
    // It has ended, or the system has no such file: then the peak stays 0.
  }
}, LOOK);
const [code] = await once(child, "exit");
clearInterval(timer);
if (code !== 0) throw new Error(`the audit ended with code ${code}`);
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - start) / 1000, peak })}\n`);
