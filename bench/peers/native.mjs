import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startLines } from "./lines.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = path("../../build/native");

/** Compiles bench/native for this machine; the reason if that cannot be. */
export function buildNative() {
  if (process.arch !== "x64") return "bench/native is written for x64";
  // Flags of the environment could let it use wider registers, or fuse.
  const env = { ...process.env, RUSTFLAGS: "", CARGO_ENCODED_RUSTFLAGS: undefined };
  const args = [
    "build",
    "--release",
    "--quiet",
    "--manifest-path",
    path("../native/Cargo.toml"),
    "--target-dir",
    folder,
  ];
  const { error, status } = spawnSync("cargo", args, { env, stdio: ["ignore", 2, 2] });
  if (error !== undefined) return "there is no cargo";
  return status === 0 ? undefined : "bench/native could not be compiled";
}

/** A process of it that holds a matrix. */
export function startNative(weight, rows, columns) {
  return startLines(`${folder}/release/spectral-norm-bench-native`, [rows, columns], weight);
}
