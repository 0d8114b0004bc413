import { spawn } from "node:child_process";
import { Failure } from "./failure.mjs";
import { ROOT, SEARCH_PATH } from "./paths.mjs";

const live = new Set();
let watching = false;

/** An interrupted script must not leave a compiler or npm running on, writing into what the next run makes. */
function watchSignals() {
  if (watching) return;
  watching = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      for (const child of live) child.kill(signal);
      process.exit(130);
    });
  }
}

/**
 * The environment of children. `without` names variables to drop: a stray RUSTFLAGS would replace the flags of
 * .cargo/config.toml and silently build without SIMD.
 */
function environment({ env = {}, without = [] }) {
  const merged = { ...process.env, PATH: SEARCH_PATH, NO_COLOR: "1", ...env };
  for (const name of without) delete merged[name];
  return merged;
}

/**
 * Runs a command to its end. `options`: `cwd`, `env`, `without`, `echo` (pass the output through, to stderr if it is
 * `"stderr"`), `onLine` (called with each line as it comes).
 *
 * @returns {Promise<{ code: number, output: string, stdout: string }>} `output` is stdout and stderr interleaved.
 */
export function tryRun(command, args, options = {}) {
  watchSignals();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: environment(options),
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    live.add(child);
    let output = "";
    let stdout = "";
    const collect = (chunk, stream) => {
      output += chunk;
      if (stream === process.stdout) stdout += chunk;
      if (options.echo) (options.echo === "stderr" ? process.stderr : stream).write(chunk);
      const line = chunk.trimEnd().split("\n").at(-1);
      if (line) options.onLine?.(line.trim());
    };
    child.stdout.setEncoding("utf8").on("data", (chunk) => collect(chunk, process.stdout));
    child.stderr.setEncoding("utf8").on("data", (chunk) => collect(chunk, process.stderr));
    child.on("error", (error) => {
      live.delete(child);
      reject(
        error.code === "ENOENT" ? new Failure(`"${command}" was not found; install it and run this again.`) : error,
      );
    });
    child.on("close", (code, signal) => {
      live.delete(child);
      resolve({ code: code ?? 1, output: signal ? `${output}\n(ended by ${signal})` : output, stdout });
    });
  });
}

const HEAD = 20;
const TAIL = 40;

/** The start and the end of what a command said: npm puts the cause first, cargo last. */
function excerpt(output) {
  const lines = output.trimEnd().split("\n");
  if (lines.length <= HEAD + TAIL) return lines.join("\n");
  return [...lines.slice(0, HEAD), "…", ...lines.slice(-TAIL)].join("\n");
}

/** As {@link tryRun}, but failure throws, with what the command said. */
export async function run(command, args, options = {}) {
  const result = await tryRun(command, args, options);
  if (result.code === 0) return result;
  const said = options.echo ? "" : `\n${excerpt(result.output)}`;
  throw new Failure(`\`${command} ${args.join(" ")}\` failed with exit code ${result.code}.${said}`);
}

/** npm as the one that runs us, so that a project's pinned npm is not mixed with the global one. */
export function npm(args, options = {}) {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js") ? run(process.execPath, [script, ...args], options) : run("npm", args, options);
}
