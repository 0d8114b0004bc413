import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { say } from "../harness.mjs";
import { startLines } from "./lines.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = path("../.venv");
const python = path(process.platform === "win32" ? "../.venv/Scripts/python.exe" : "../.venv/bin/python");

/** One thread, and the kernels that OpenBLAS chooses for the processor: a setting left over would slow the peer down. */
const environment = {
  ...process.env,
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  OMP_NUM_THREADS: "1",
  VECLIB_MAXIMUM_THREADS: "1",
  OPENBLAS_CORETYPE: undefined,
  OPENBLAS_L2_SIZE: undefined,
};

/** Whether the environment holds the versions that are pinned. PyTorch's have a suffix for what they were built with. */
function isCurrent(requirements) {
  if (!existsSync(python)) return false;
  const { status, stdout } = spawnSync(python, ["-m", "pip", "freeze"], { encoding: "utf8" });
  const pins = readFileSync(requirements, "utf8").trim().split("\n");
  const installed = stdout.split("\n").map((line) => line.split("+")[0]);
  return status === 0 && pins.every((pin) => installed.includes(pin));
}

/** Makes bench/.venv with what a file of bench/ pins, beside what is there; the reason if that cannot be. */
export function setUpPython(pins = "requirements.txt") {
  const requirements = path(`../${pins}`);
  if (isCurrent(requirements)) return undefined;
  if (spawnSync("python3", ["--version"]).status !== 0) return "there is no python3";
  say(`Installing the packages of bench/${pins} into bench/.venv …`);
  try {
    execFileSync("python3", ["-m", "venv", folder], { stdio: ["ignore", 2, 2] });
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    execFileSync(python, install, { stdio: ["ignore", 2, 2] });
    return undefined;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `its packages could not be installed (${error.message})`;
  }
}

/** A process of Python, of the environment that was made or of another one, as `startLines` describes it. */
export function startPython(script, numbers, args, program = python) {
  return startLines(program, [path(script), ...args], numbers, environment);
}

/** The Python of bench/.venv, or that of the system: the first that has NumPy, and its version. */
export function findNumPy() {
  for (const program of [python, "python3"]) {
    const { status, stdout } = spawnSync(program, ["-c", "import numpy; print(numpy.__version__)"], {
      encoding: "utf8",
    });
    if (status === 0) return { program, version: stdout.trim() };
  }
  return undefined;
}
