import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../bench/layers.mjs", import.meta.url));
const layers = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });

test("layers are timed, alone and those of the critic together", () => {
  const { status, stdout } = layers("--quick", "--json");
  expect(status).toBe(0);
  const { rows, peers, targets } = JSON.parse(stdout);
  expect(peers).toContain("PyTorch is left out");
  expect(rows.map(({ name }: { name: string }) => name)).toEqual(["64×64", "the critic"]);
  expect(targets).toMatchObject({ "64×64": 20, "512×512": 2.2, "the critic": 4 });
  for (const { results } of rows) {
    const [{ peer, median, min, max }, ...others] = results;
    expect([peer, others]).toEqual(["spectral-norm", []]);
    expect(min).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(min);
    expect(max).toBeGreaterThanOrEqual(median);
  }
});

test("its table has a row each, and nonsense is refused", () => {
  expect(layers("--quick").stdout).toMatch(/^\| the critic \|/m);
  expect(layers("--rounds", "0")).toMatchObject({ status: 2, stdout: "" });
});
