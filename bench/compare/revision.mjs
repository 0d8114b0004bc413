// @ts-check
/**
 * Another revision of the package, built as its own set-up builds it.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "../harness.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** @param {string[]} args */
function git(...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/**
 * The folder `dist` of a revision, which is built at the first time.
 *
 * @param {string} name A branch, a tag or a commit; or the folder itself.
 */
export function built(name) {
  if (existsSync(join(name, "index.js"))) return { commit: name, dist: resolve(name) };
  const commit = git("rev-parse", "--verify", "--end-of-options", `${name}^{commit}`);
  const folder = join(root, "build", "revisions", commit);
  if (!existsSync(folder)) build(commit, folder);
  return { commit: commit.slice(0, 10), dist: folder };
}

/** @param {string} commit @param {string} folder */
function build(commit, folder) {
  const tree = join(mkdtempSync(join(tmpdir(), "spectral-norm-revision-")), "tree");
  say(`Building ${commit.slice(0, 10)} in a working tree of its own …`);
  git("worktree", "add", "--detach", tree, commit);
  try {
    // Compilers of the same versions need not be compiled again; its set-up looks whether they are.
    const tools = join(root, ".tools");
    if (existsSync(tools)) cpSync(tools, join(tree, ".tools"), { recursive: true });
    execFileSync(process.execPath, ["scripts/setup.mjs"], { cwd: tree, stdio: ["ignore", 2, 2] });
    mkdirSync(folder, { recursive: true });
    cpSync(join(tree, "dist"), folder, { recursive: true });
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(join(tree, ".."), { recursive: true, force: true });
  }
}
