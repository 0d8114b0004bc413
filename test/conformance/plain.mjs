/** The suite for a runtime that needs no test runner: prints one line of JSON, the outcome. */
import * as api from "spectral-norm";
import { createPool } from "spectral-norm/pool";
import expected from "../fixtures/conformance-bits.json" with { type: "json" };
import { conform } from "./suite.mjs";

const { Bun, Deno, process } = globalThis;
const engine = Deno?.version.deno ?? Bun?.version ?? process.version;

console.log(JSON.stringify({ ...(await conform(api, expected, createPool)), engine }));
