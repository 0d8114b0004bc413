import { spawn } from "node:child_process";
import { relative } from "node:path";
import { Failure, report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { setUp } from "./setup.mjs";

const EXAMPLE = "examples/data/wgan-sn-critic.safetensors";

/** Flags whose next argument is their value and no file. */
const WITH_VALUE = ["--axis", "--tolerance", "--max-iterations", "--seed"];

const namesFile = (args) => args.some((arg, index) => !(arg.startsWith("-") || WITH_VALUE.includes(args[index - 1])));

/** `npm start [-- FILE...]`: sets up, then audits the files, by default the example. Flags such as --json pass through. */
async function main(args) {
  await setUp();
  // Paths are the caller's: npm moves to the project's root, and says where it was called from.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const files = namesFile(args) ? [] : [relative(cwd, at(EXAMPLE))];
  const child = spawn(process.execPath, [at("dist", "cli.js"), "audit", ...args, ...files], { cwd, stdio: "inherit" });
  process.exitCode = await new Promise((resolve, reject) => {
    child.on("error", () => reject(new Failure("dist/cli.js could not be started.")));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

await main(process.argv.slice(2)).catch(report);
