import { load } from "spectral-norm";
import { type AuditedTensor, type AuditJob, audit, openAudit } from "spectral-norm/audit";
import { expect, test } from "vitest";
import { bits16, float32, float64, safetensors } from "./writer.ts";

const file = safetensors({
  a: float32([2, 2], [3, 0, 0, 4]),
  bias: float32([2], [1, 2]),
  b: float64([1, 3], [1, 2, 2]),
  "x.lora_A.one.weight": float32([1, 2], [1, 1]),
  "x.lora_B.one.weight": float32([2, 1], [3, 4]),
  "x.lora_A.two.weight": float32([1, 2], [2, 2]),
  "x.lora_B.two.weight": float32([2, 1], [3, 4]),
  c: bits16("BF16", [1, 1], [0x4000]),
});

test("rows are the same to the last bit in whatever order, and by whomever, they are measured", async () => {
  const whole = await audit(file, { detail: {}, seed: 3 });
  const workers = await Promise.all([1, 2].map(() => openAudit(file, { detail: {}, seed: 3, engine: undefined })));
  const { jobs, finish } = workers[0] as (typeof workers)[number];
  expect(jobs.map(({ kind, name, bytes }) => [kind, name, bytes])).toEqual([
    ["weight", "a", 16],
    ["weight", "b", 24],
    ["weight", "x.lora_A.one.weight", 8],
    ["weight", "x.lora_B.one.weight", 8],
    ["weight", "x.lora_A.two.weight", 8],
    ["weight", "x.lora_B.two.weight", 8],
    ["weight", "c", 2],
    ["adapter", "x.lora_A.one.weight", 16],
    ["adapter", "x.lora_A.two.weight", 16],
  ]);
  const rows = new Map<number, AuditedTensor>();
  for (const [index, job] of [...jobs.entries()].reverse()) {
    // What a worker answers comes through a message.
    const sent = JSON.parse(JSON.stringify(job));
    rows.set(index, JSON.parse(JSON.stringify(await workers[index % 2]?.measure(sent))));
  }
  expect(await finish(jobs.map((_, index) => rows.get(index) as AuditedTensor))).toEqual(whole);
  await Promise.all(workers.map((worker) => worker.close()));
});

test("a job of another checkpoint is refused, and the next one is measured", async () => {
  const opened = await openAudit(file, { engine: await load() });
  const [job] = opened.jobs;
  if (job === undefined) throw new Error("no job");
  await expect(opened.measure({ ...job, name: "other" })).rejects.toMatchObject({
    code: "OPTION",
    message: '"job" expected one of the jobs of the bytes, got weight "other"',
  });
  await expect(opened.measure({ ...job, kind: "adapter" })).rejects.toThrow('got adapter "a"');
  expect((await opened.measure(job)).spectralNorm).toBe(4);
  await opened.close();
});

test("each row is told as it comes, and waited for", async () => {
  const told: unknown[] = [];
  let isBusy = false;
  await audit(file, {
    onWeight: () => expect(isBusy).toBe(false),
    onRow: async ({ name }, index, count) => {
      isBusy = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      isBusy = false;
      told.push([name, index, count]);
    },
  });
  expect(told).toHaveLength(9);
  expect(told.at(-1)).toEqual(["x (B·A)", 8, 9]);
});

test("what goes wrong in a listener ends the audit with that", async () => {
  const stop = new Error("full");
  const onRow = () => Promise.reject(stop);
  await expect(audit(file, { onRow })).rejects.toBe(stop);
});

test("a signal stops between two rows, with its reason", async () => {
  const controller = new AbortController();
  const rows: string[] = [];
  const onRow = ({ name }: AuditedTensor) => {
    rows.push(name);
    if (rows.length === 2) controller.abort(new Error("enough"));
  };
  await expect(audit(file, { onRow, signal: controller.signal })).rejects.toThrow("enough");
  expect(rows).toEqual(["a", "b"]);
  await expect(audit(file, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
});

test("an unknown option is named", async () => {
  await expect(audit(file, { tolerence: 1 } as never)).rejects.toMatchObject({ code: "OPTION" });
});

test("a job that nobody measured has a row that says so, all else being as it is", async () => {
  const opened = await openAudit(file, { loraAlpha: 2 });
  const error = { code: "WORKER", message: "it died" };
  for (const job of opened.jobs) {
    const measured = await opened.measure(job);
    const { name, shape, dtype, axis, adapter } = measured;
    const failed = await opened.failed(job, error);
    expect(failed).toMatchObject({ name, shape, dtype, axis, adapter, error, spectralNorm: null, upper: null });
    expect(Object.keys(failed).sort()).toEqual(Object.keys(measured).sort());
  }
  await expect(opened.failed({ ...(opened.jobs[0] as AuditJob), name: "other" }, error)).rejects.toThrow(
    'got weight "other"',
  );
  await opened.close();
});
