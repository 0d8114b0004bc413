import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { at } from "./paths.mjs";
import { say } from "./say.mjs";

const LOCK = at("build", "lock");
const PAUSE = 200;

/** Linux only: tells a process from a later one that was given the same number. */
function startTime(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[19];
  } catch {
    return "";
  }
}

const identity = (pid) => `${pid} ${startTime(pid)}`;

function isAlive(holder) {
  const pid = Number.parseInt(holder, 10);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
  return identity(pid) === holder;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** A link to a complete file appears with its contents, and fails if the name is taken: both in one step. */
function tryAcquire() {
  const draft = `${LOCK}.${process.pid}`;
  writeFileSync(draft, identity(process.pid));
  try {
    linkSync(draft, LOCK);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead holder's lock away; if another process was faster and the lock is a live one by now, puts it back. */
function removeStale() {
  const aside = `${LOCK}.stale.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    if (isAlive(read(aside) ?? "")) linkSync(aside, LOCK);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  }
  rmSync(aside, { force: true });
}

/** Runs `task` while no other process of this project does. A lock whose holder died is taken over. */
export async function withLock(task) {
  mkdirSync(at("build"), { recursive: true });
  let told = false;
  while (!tryAcquire()) {
    const holder = read(LOCK);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      removeStale();
      continue;
    }
    if (!told) say(`waiting for another set-up (process ${holder.split(" ")[0]})`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  try {
    return await task();
  } finally {
    if (read(LOCK) === identity(process.pid)) rmSync(LOCK, { force: true });
  }
}
