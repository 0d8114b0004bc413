import { Failure } from "./failure.mjs";
import { tryRun } from "./run.mjs";
import { NODE_FLOOR } from "./versions.mjs";

/** To be called before anything that an old Node could choke on. */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantMajor, wantMinor] = NODE_FLOOR;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new Failure(
    `Node ${NODE_FLOOR.join(".")} or newer is needed, and this is ${process.versions.node}: install a newer Node.`,
  );
}

/** What `rustc` says of itself, host and commit included: part of every Rust stamp. */
export async function rustVersion() {
  const result = await tryRun("rustc", ["-vV"]).catch(() => undefined);
  if (result?.code === 0) return result.stdout;
  const found = result === undefined ? "`rustc` was not found" : `\`rustc\` says "${result.output.trim()}"`;
  throw new Failure(`A stable Rust is needed and ${found}: install it with rustup (rustup.rs), then run this again.`);
}
