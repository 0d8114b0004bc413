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
  const { code, stdout, output } = await tryRun("rustc", ["-vV"]).catch((error) => ({
    code: 1,
    output: error.message,
  }));
  if (code === 0) return stdout;
  throw new Failure(
    `A stable Rust with cargo is needed and \`rustc\` gave "${output.trim()}": install rustup (rustup.rs).`,
  );
}
