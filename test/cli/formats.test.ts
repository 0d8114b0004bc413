import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run } from "./run.js";

const folder = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));

/** One array, 0 to 23 eighths of shape 2×3×4, in files of many formats, by the name that it has there. */
const places: Readonly<Record<string, string>> = {
  "version-3.npy": "version-3",
  "fortran-3d.npy": "fortran-3d",
  "stored.npz": "t",
  "deflated.npz": "t",
  "floats.onnx": "listed F32",
  "kinds.weights.h5": "layers/dense/vars/compact",
};

interface Row {
  readonly name: string;
  readonly dtype: string;
  readonly frobeniusNorm: number;
}

test("audits every format, to the same bits", async () => {
  const files = [...Object.keys(places), "model.keras", "sharded.weights.json"];
  const { code, stdout, stderr } = await run("audit", "--json", ...files.map((file) => folder + file));
  // Fixtures have rows of NaN, which are findings; nothing else is wrong.
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const audits: readonly { tensors: readonly Row[] }[] = JSON.parse(stdout).files;
  const rows = Object.values(places).map((name, i) => audits[i]?.tensors.find((row) => row.name === name));
  // Norms, intervals, leading values, and what holds of it as a convolution.
  const told = rows.map((row) => JSON.stringify({ ...row, name: "", dtype: "" }));
  expect(new Set(told).size).toBe(1);
  expect(told[0]).toMatch(/"upper":1?\d\.\d+,.*"singularValues":\[\d.*"method":"bracket"/);
  // The sum of the squares of 0 to 23 is 4324.
  for (const row of rows) expect(row?.frobeniusNorm).toBeCloseTo(Math.sqrt(4324) / 8, 12);
  const [keras, sharded] = audits.slice(-2);
  expect(keras?.tensors.map(({ name }) => name)).toEqual(["layers/dense/vars/0", "layers/dense_1/vars/0"]);
  expect(sharded?.tensors).toEqual(keras?.tensors);
});

test("audits an address", async () => {
  const content = readFileSync(`${folder}version-3.npy`);
  const server = createServer((_, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.npy`;
  const { code, stdout } = await run("audit", "--json", url);
  const limited = await run("audit", "--csv", "--max-norm", "1", url);
  server.close();
  expect(limited).toMatchObject({ code: 1, stdout: expect.stringContaining(`${url},a,2×3×4,F32,0,`) });
  expect(limited.stderr).toContain(`${url}: --max-norm failed: a: its spectral norm may be `);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).files).toMatchObject([{ file: url, tensors: [{ name: "a", shape: [2, 3, 4] }] }]);
});
