import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

function compare(...args: string[]) {
  return spawnSync(process.execPath, [path("bench/compare.mjs"), ...args], { encoding: "utf8" });
}

test("a package is compared with itself, after both were found to agree", () => {
  const { status, stdout, stderr } = compare("--quick", "--json", path("dist"));
  expect(stderr).toContain("spectralNorm, 37×53");
  expect(status).toBe(0);
  const { commit, rows, starts } = JSON.parse(stdout);
  expect(commit).toBe(path("dist"));
  expect(rows).toHaveLength(4);
  for (const { ratio, that, now } of rows) expect(ratio).toBe(now.median / that.median);
  expect(starts.every(Number.isFinite)).toBe(true);
});

test("what is no revision, and no revision at all, are refused", () => {
  expect(compare()).toMatchObject({ status: 2, stdout: "" });
  expect(compare("--rounds", "0", "HEAD")).toMatchObject({ status: 2, stdout: "" });
  const { status, stderr } = compare("no-such-revision");
  expect(status).toBe(1);
  expect(stderr).toContain("no-such-revision");
});
