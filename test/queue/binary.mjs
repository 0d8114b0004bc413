import { findExecutable } from "../conformance/drivers/executables.mjs";

/** The redis-server of this machine; REDIS_SERVER in the environment says where it is if it is elsewhere. */
export const findRedis = () => findExecutable("REDIS_SERVER", ["redis-server"]);
