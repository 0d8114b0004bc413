import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mutated, randomly } from "../checkpoint/mutate.ts";
import { type Running, runtimes, start } from "./servers.ts";
import { type Answer, expectAlive, linesOf, post, problemIn, singles } from "./support.ts";

const MUTATIONS = 30;
const BATCH = 6;

/** Whether a file was refused. Whatever it was, the answer is an error, or it is whole, or it says at its end why it is not. */
function isRefused(answer: Answer): boolean {
  if (answer.status !== 200) {
    const { status, code } = problemIn(answer);
    expect([400, 413]).toContain(status);
    expect(["FORMAT", "TOO_LARGE"]).toContain(code);
    return true;
  }
  const lines = linesOf(answer);
  const last = lines.at(-1) as (typeof lines)[number];
  const rows = lines.filter(({ type }) => type === "weight" || type === "adapter");
  expect(lines[0]).toMatchObject({ type: "checkpoint" });
  if (last.type === "error") {
    expect(["FORMAT", "TOO_LARGE"]).toContain(last["code"]);
    return true;
  }
  expect(last).toMatchObject({ type: "summary" });
  expect(rows).toHaveLength(lines[0]?.["rows"] as number);
  expect(lines).toHaveLength(rows.length + (last["skipped"] as number) + 2);
  return false;
}

describe.each(runtimes)("%s", (runtime) => {
  let server: Running;
  beforeAll(async () => {
    server = await start(runtime);
  });
  afterAll(() => server.stop());

  test.each(singles.map((path) => [basename(path), path]))(
    `answers ${MUTATIONS} mutations of %s, and lives`,
    async (name, path) => {
      const bytes = new Uint8Array(readFileSync(path));
      const below = randomly(name.length + bytes.length);
      let refused = 0;
      for (let count = 0; count < MUTATIONS; count += BATCH) {
        const files = Array.from({ length: BATCH }, () => mutated(bytes, below));
        const answers = await Promise.all(files.map((file) => post(server, file.slice())));
        refused += answers.filter(isRefused).length;
      }
      expect(refused).toBeGreaterThan(0);
      await expectAlive(server);
      expect(server.complaints()).toBe("");
    },
  );
});
