import { fileURLToPath } from "node:url";
import { type AuditedTensor, audit, openAudit } from "spectral-norm/audit";
import { expect, test } from "vitest";
import { safetensors, zeros } from "./writer.js";

const path = (file: string) => fileURLToPath(new URL(`../fixtures/models/${file}`, import.meta.url));
const options = { base: path("transformer.safetensors"), loraAlpha: 8, detail: {}, memory: 150 };
const [adapter, transformer] = [path("adapter_model.safetensors"), path("transformer.safetensors")];

test.each([
  ["pairs and their sums with a base", adapter, options, ["weight", "adapter", "adapted"]],
  ["heads", transformer, { heads: 4, detail: {}, memory: 150 }, ["weight", "head"]],
])(
  "rows of %s have the same bits in whatever order they are measured, also from their file",
  async (_, file, given, kinds) => {
    const whole = await audit(file, given);
    const opened = await openAudit(file, given);
    expect([...new Set(opened.jobs.map(({ kind }) => kind))]).toEqual(kinds);
    const rows: AuditedTensor[] = [];
    for (const [index, job] of [...opened.jobs.entries()].reverse()) {
      rows[index] = JSON.parse(JSON.stringify(await opened.measure(JSON.parse(JSON.stringify(job)))));
    }
    expect(await opened.finish(rows)).toEqual(whole);
    // Some of the weights take more than 150 bytes, and some do not.
    const streamed = whole.tensors.filter(({ note }) => note !== null);
    expect(streamed.length).toBeGreaterThan(0);
    await opened.close();
  },
);

test("a row that could not be measured is the one that it would have been, without its numbers", async () => {
  const error = { code: "WORKER", message: "it died" };
  for (const [file, given] of [
    [adapter, options],
    [transformer, { heads: 4 }],
  ] as const) {
    const opened = await openAudit(file, given);
    for (const job of opened.jobs) {
      const [measured, failed] = [await opened.measure(job), await opened.failed(job, error)];
      const { name, shape, dtype, axis, adapter: pair, head } = measured;
      expect(failed).toMatchObject({
        name,
        shape,
        dtype,
        axis,
        adapter: pair,
        head,
        error,
        spectralNorm: null,
        upper: null,
      });
    }
    await expect(opened.failed({ kind: "head", name: "x", shape: [], bytes: 0 }, error)).rejects.toThrow(
      'got head "x"',
    );
    await opened.close();
  }
});

test("the base is closed with the checkpoint, and when opening fails", async () => {
  const opening = openAudit(safetensors({ w: zeros("F32", [2, 2], 16) }), { base: transformer });
  await expect(opening).rejects.toMatchObject({ code: "OPTION" });
  await expect(openAudit(adapter, { base: new Uint8Array(3) })).rejects.toMatchObject({ code: "FORMAT" });
});
