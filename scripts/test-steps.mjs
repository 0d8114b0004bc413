import { findBinary } from "../test/conformance/drivers/binaries.mjs";
import { findRedis } from "../test/queue/binary.mjs";
import { byApp, byCargo, byConformance, byExit, byLastLine, byProof, byVitest } from "./lib/count.mjs";
import { at } from "./lib/paths.mjs";
import { WASM_TARGET } from "./lib/versions.mjs";
import { CARGO_OVERRIDES } from "./steps/rust.mjs";

/**
 * @typedef {object} TestStep
 * @property {string} name For the command line.
 * @property {string} title For people.
 * @property {string} command
 * @property {string[]} args
 * @property {object} [env]
 * @property {("runtimes" | "bundlers" | "browsers" | "redis")[]} [needs] What must be installed before.
 * @property {(result: { code: number, output: string }) => { passed: number, failed: number }} count
 */

const cargo = (name, title, args, count, env = {}) => ({
  name,
  title,
  command: "cargo",
  args,
  env,
  without: CARGO_OVERRIDES,
  count,
});
const script = (name, title, args, count = byLastLine) => ({
  name,
  title,
  command: process.execPath,
  args: args.map(String),
  count,
});

const RUNNER = at(".tools", "bin", "wasm-bindgen-test-runner");

const rust = [
  cargo("rust", "crate: unit, property and doc tests", ["test", "--workspace"], byCargo),
  cargo("rustdoc", "crate: documentation without warnings", ["doc", "--workspace", "--no-deps"], byExit, {
    RUSTDOCFLAGS: "-Dwarnings",
  }),
  cargo(
    "rust-wasm",
    "crate: tests inside WebAssembly",
    ["test", "--workspace", "--lib", "--tests", "--target", WASM_TARGET],
    byCargo,
    {
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: RUNNER,
      // A property test takes longer than the runner's 20 s on a busy machine.
      WASM_BINDGEN_TEST_TIMEOUT: "300",
    },
  ),
];

/** A smaller part of `npm run prove`. */
const prove = script("prove", "the proof run, a smaller part", [at("scripts", "prove.mjs"), "--quick"], byProof);

const vitest = [at("node_modules", "vitest", "vitest.mjs"), "run"];

function needsOf(runtime) {
  if (runtime === "node") return [];
  return runtime === "chromium" || runtime === "firefox" ? ["browsers"] : ["runtimes"];
}

/** vitest on one Node: ours, or one of test/runtimes. */
const unit = (name, runtime) => ({
  ...script(name, `unit tests on ${runtime}`, vitest, byVitest),
  command: findBinary(runtime),
  needs: needsOf(runtime),
});

const conformance = (runtime) => ({
  ...script(
    `conformance-${runtime}`,
    `conformance on ${runtime}`,
    [at("test", "conformance", "run.mjs"), runtime],
    byConformance,
  ),
  needs: needsOf(runtime),
});

/** The adapter to TensorFlow.js on WebGL, which Node does not have. */
const webgl = () => {
  const browser = findBinary("chromium");
  const args = [...vitest, "--config", at("test", "tfjs", "vitest.chromium.config.mjs")];
  return {
    ...script("tfjs-chromium", "TensorFlow.js on webgl, in chromium", args, byVitest),
    command: browser && process.execPath,
    env: { CONFORMANCE_BROWSER: browser },
    needs: ["browsers"],
  };
};

const packaging = {
  ...script("packaging", "the packed package in throwaway apps", [at("test", "packaging", "run.mjs")], byApp),
  needs: ["runtimes", "bundlers", "browsers"],
};

/** A run of each kind that the claims are judged by, from nothing to the page of verdicts. */
const experiments = script(
  "experiments",
  "the article's claims, the quick plan",
  [at("examples", "experiments", "run.mjs"), "--quick", "--fresh"],
  byExit,
);

/** The pages of examples/site, built anew. */
const site = {
  ...script("site", "the site in Chromium and Firefox", [at("test", "site", "run.mjs")], byVitest),
  needs: ["browsers"],
};

/** Audits over a queue, by a real Redis that is killed, and workers that are. */
const queue = () => {
  const args = [...vitest, "--config", at("test", "queue", "vitest.config.mjs")];
  return {
    ...script("queue", "audits over a queue, with redis-server", args, byVitest),
    command: findRedis() && process.execPath,
    needs: ["redis"],
  };
};

const RUNTIMES = ["node", "node22", "node24", "chromium", "firefox", "deno", "bun", "workerd"];

/** The servers of examples/, which answer for real. */
const services = {
  ...script(
    "services",
    "the servers of examples/ on Node, Deno, Bun and workerd",
    [at("test", "services", "run.mjs")],
    byVitest,
  ),
  needs: ["runtimes", "bundlers"],
};

/** In the order that they run; a function, for the runtimes are found once they are installed. */
export const testSteps = () => [
  ...rust,
  prove,
  unit("unit", "node"),
  unit("unit-node22", "node22"),
  unit("unit-node24", "node24"),
  ...RUNTIMES.map(conformance),
  webgl(),
  script("types", "declarations without the DOM, TypeScript 7 and 6", [at("test", "types", "run.mjs")]),
  packaging,
  services,
  queue(),
  site,
  experiments,
  script("size", "size budget", [at("scripts", "size.mjs")]),
];
