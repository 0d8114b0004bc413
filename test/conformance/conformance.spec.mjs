/** The suite as vitest runs it, on Node and inside browsers. */
import * as api from "spectral-norm";
import { createPool } from "spectral-norm/pool";
import { beforeAll, describe, expect, test } from "vitest";
import expected from "../fixtures/conformance-bits.json";
import { conform } from "./suite.mjs";

describe("conformance", () => {
  let outcome;

  beforeAll(async () => {
    outcome = await conform(api, expected, createPool);
    outcome.engine = globalThis.process?.version ?? globalThis.navigator.userAgent;
  });

  test("every result has the recorded bits", ({ task }) => {
    task.meta.outcome = outcome;
    expect(outcome.results).toBeGreaterThanOrEqual(200);
    expect(outcome.differ).toEqual([]);
  });

  test("the contract holds", () => {
    expect(outcome.checks).toBeGreaterThan(0);
    expect(outcome.broken).toEqual([]);
  });
});
