import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { dominantTriplet } from "spectral-norm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeModel } from "../../bench/big/model.mjs";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { program } from "./run.js";

const run = promisify(execFile);
/** Tells the most memory that the process has had, when it ends. */
const watching =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('\\n'+process.resourceUsage().maxRSS))";
const MOST_BYTES = 250e6;

async function repaired(...args: readonly string[]) {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout, stderr } = await run(process.execPath, ["--import", watching, program, ...args, "--json"], { env });
  const peak = 1024 * Number(stderr.split("\n").at(-1));
  expect(peak).toBeGreaterThan(30e6);
  const { tensors } = JSON.parse(stdout) as { tensors: { name: string; before: number; after: number }[] };
  return { peak, tensors };
}

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spectral-norm-repair-memory-"));
  const models = {
    // Of 26 MB, and of 130, which is more than a weight may take.
    large: [
      { name: "usual", dtype: "F32" as const, shape: [2600, 2500] },
      { name: "large", dtype: "F32" as const, shape: [13_000, 2500] },
      { name: "half", dtype: "BF16" as const, shape: [2600, 2500] },
    ],
    usual: [{ name: "usual", dtype: "F32" as const, shape: [2600, 2500] }],
  };
  for (const [name, tensors] of Object.entries(models)) writeModel(at(`${name}.safetensors`), tensors, "trained");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("normalize takes less than 250 MB, also of a weight that is larger than memory", async () => {
  const output = at("normalized.safetensors");
  const { peak, tensors } = await repaired("normalize", at("large.safetensors"), "--output", output);
  expect(peak).toBeLessThan(MOST_BYTES);
  expect(tensors.map(({ name }) => name)).toEqual(["usual", "large", "half"]);
  for (const { after } of tensors) expect(Math.abs(after - 1)).toBeLessThan(2 ** -8);
  const checkpoint = await openCheckpoint(output);
  const { data, shape } = await checkpoint.read("large");
  expect(Math.abs((await dominantTriplet({ data, shape }, { gap: false })).sigma - 1)).toBeLessThan(1e-6);
  await checkpoint.close();
});

test("clip takes less than 250 MB to project a weight of 26 MB, and says what a larger one takes", async () => {
  const { tensors } = await repaired("normalize", at("usual.safetensors"), "--dry-run");
  // Four directions stand out, by 8, 6, 5 and 4 times what the others have.
  const limit = String((tensors[0]?.before as number) * 0.7);
  const clip = ["clip", "--max-norm", limit, "--output"];
  const projected = await repaired(...clip, at("clipped.safetensors"), at("usual.safetensors"));
  expect(projected.peak).toBeLessThan(MOST_BYTES);
  expect(Math.abs((projected.tensors[0]?.after as number) / Number(limit) - 1)).toBeLessThan(1e-6);
  const large = [at("large.safetensors"), "--include", "large"];
  await expect(repaired(...clip, at("refused.safetensors"), ...large)).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/"large" expected 5\d\d MB for a projection, got 117 MB: .*scale/),
  });
  const scaled = await repaired(...clip, at("scaled.safetensors"), ...large, "--scale");
  expect(scaled.peak).toBeLessThan(MOST_BYTES);
  expect(Math.abs((scaled.tensors[0]?.after as number) / Number(limit) - 1)).toBeLessThan(1e-6);
});
