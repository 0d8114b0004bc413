// @ts-check
import { findRedis } from "../../test/queue/binary.mjs";
import { installFromDebian } from "./debian.mjs";

/** Installs redis-server where it is missing, and that can be done without asking anybody. */
export async function installRedis() {
  if (findRedis() !== undefined) return;
  const remedy = "redis-server not found: install it, or name its executable in REDIS_SERVER.";
  await installFromDebian("redis-server", ["redis-server"], remedy);
}
