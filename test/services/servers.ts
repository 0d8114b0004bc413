/**
 * The servers of examples/, in a folder where the package is installed as a user's would be.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../conformance/drivers/binaries.mjs";
import { bundle } from "../packaging/lib/bundlers.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where the service runs. */
export const runtimes = ["node", "deno", "bun", "workerd"] as const;
export type Runtime = (typeof runtimes)[number];

/** A server that runs. */
export interface Running {
  readonly runtime: Runtime;
  readonly base: string;
  readonly pid: number;
  /** What it printed to standard error. */
  readonly complaints: () => string;
  /** Asks it to end, and gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export type Settings = Readonly<Record<string, string>>;

/** How a file of examples/ is run by each runtime, the first of `args` in the folder of the example. */
const commands: Readonly<Record<Exclude<Runtime, "workerd">, readonly [folder: string, ...args: string[]]>> = {
  node: ["node-server", "server.mjs"],
  deno: ["deno", "run", "--allow-net", "--allow-env", "--node-modules-dir=manual", "--cached-only", "server.mjs"],
  bun: ["bun", "run", "--no-install", "server.mjs"],
};

async function prepare(folder: string): Promise<void> {
  const home = join(folder, "node_modules", "spectral-norm");
  await mkdir(home, { recursive: true });
  await cp(join(root, "package.json"), join(home, "package.json"));
  await cp(join(root, "dist"), join(home, "dist"), { recursive: true });
  for (const name of ["audit-service", "cloudflare-worker", "deno", "bun", "node-server"]) {
    await cp(join(root, "examples", name), join(folder, name), { recursive: true });
  }
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const manifest = { private: true, type: "module", dependencies: { "spectral-norm": version } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
}

/** The variables that wrangler.jsonc sets, and its flags. */
export async function wranglerOf(folder: string): Promise<{ vars: Settings; flags: readonly string[]; date: string }> {
  const text = await readFile(join(folder, "wrangler.jsonc"), "utf8");
  const {
    vars,
    compatibility_flags: flags,
    compatibility_date: date,
  } = JSON.parse(text.replaceAll(/^ *\/\/.*$/gm, ""));
  return { vars, flags, date };
}

/** What wrangler would make of the worker: a bundle, and a configuration with its variables. */
async function configure(folder: string, settings: Settings, networks: readonly string[]): Promise<string> {
  const home = join(folder, "cloudflare-worker");
  const options = ["--bundle", "--format=esm", "--conditions=workerd", "--loader:.wasm=copy", "--outdir=out"];
  await bundle("esbuild", ["worker.mjs", ...options], home);
  const files = (await readdir(join(home, "out"))).filter((file) => file.endsWith(".wasm"));
  const modules = [
    '(name = "worker.js", esModule = embed "out/worker.js")',
    ...files.map((file) => `(name = "${file}", wasm = embed "out/${file}")`),
  ];
  const { vars, flags, date } = await wranglerOf(home);
  const bindings = Object.entries({ ...vars, ...settings }).map(
    ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
  );
  const file = join(home, "config.capnp");
  await writeFile(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "app", worker = (
      compatibilityDate = "${date}", compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(", ")}],
      modules = [${modules.join(", ")}], bindings = [${bindings.join(", ")}])),
    (name = "internet", network = (allow = [${networks.map((name) => `"${name}"`).join(", ")}]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "app")]);
`,
  );
  return file;
}

async function launch(runtime: Runtime, folder: string, settings: Settings, networks: readonly string[]) {
  const binary = findBinary(runtime) as string;
  const env = { ...process.env, NO_COLOR: "1", PORT: "0", DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" };
  if (runtime !== "workerd") {
    const [home, ...args] = commands[runtime];
    return spawn(binary, args, { cwd: join(folder, home), env: { ...env, ...settings } });
  }
  const file = await configure(folder, settings, networks);
  return spawn(binary, ["serve", file, "--control-fd=1"], { env });
}

/** The port, as a server says it when it listens. */
function portOf(child: ChildProcess, complaints: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk;
      const [, port] = /listening on http:\/\/127\.0\.0\.1:(\d+)|"port":(\d+)/.exec(said)?.filter(Boolean) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}${complaints()}`)));
    child.once("error", reject);
  });
}

/**
 * Starts a server on a free port.
 *
 * @param networks What workerd may reach: of its own accord the public internet alone, of which a test has none.
 */
export async function start(
  runtime: Runtime,
  settings: Settings = {},
  networks: readonly string[] = ["public", "private", "local"],
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "spectral-norm-"));
  await prepare(folder);
  const child = await launch(runtime, folder, settings, networks);
  let complained = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complained += chunk;
  });
  const complaints = () => complained;
  const port = await portOf(child, complaints);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const stop = async (signal: NodeJS.Signals = "SIGKILL") => {
    child.kill(signal);
    const code = await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    return code;
  };
  return { runtime, base: `http://127.0.0.1:${port}`, pid: child.pid as number, complaints, stop };
}
