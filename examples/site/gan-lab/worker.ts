import { keepInstances } from "../shared/instances.ts";
import type { Command } from "./protocol.ts";
import { Runner } from "./runner.ts";

keepInstances();
const runner = new Runner((report, transfer) => self.postMessage(report, { transfer }));
self.addEventListener("message", ({ data }: MessageEvent<Command>) => runner.receive(data));
