import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, start } from "./servers.ts";
import { ask, byUrl, expectAlive, type Line, linesOf } from "./support.ts";
import { type File, startUpstream, type Upstream } from "./upstream.ts";

/**
 * Cloudflare ends an isolate that holds more than 128 MB. workerd by itself has no such limit, so the process is watched: what it
 * grows by is the isolate's, but for what the isolate has before it is asked for anything.
 */
const MOST_BYTES = 115e6;
const PATTERN = 2 ** 20;

/** A file of any size without having it: a header, and one mebibyte of numbers again and again. */
function patterned(shapes: readonly (readonly [number, number])[]): File {
  let end = 0;
  const entries = shapes.map(([rows, columns], index) => {
    const begin = end;
    end += 4 * rows * columns;
    return [`w${index}`, { dtype: "F32", shape: [rows, columns], data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  // Numbers that have no structure a search could use, from the multiplier of Lehmer's generator.
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const numbers = new Uint8Array(Float32Array.from({ length: PATTERN / 4 }, next).buffer);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const head = Buffer.concat([length, header]);
  const read = (from: number, to: number) => {
    const bytes = new Uint8Array(to - from);
    if (from < head.length) bytes.set(head.subarray(from, to));
    for (let at = Math.max(from, head.length); at < to; ) {
      const place = (at - head.length) % PATTERN;
      const piece = numbers.subarray(place, Math.min(PATTERN, place + to - at));
      bytes.set(piece, at - from);
      at += piece.length;
    }
    return bytes;
  };
  return { size: head.length + end, read };
}

/** Memory that a process has, in bytes. */
function residentBytes(pid: number): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile("ps", ["-o", "rss=", "-p", String(pid)], (error, stdout) => {
      if (error === null) resolve(1024 * Number(stdout));
      else reject(error);
    });
  });
}

/** The most memory that a process has while something is done. */
async function peakDuring(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = 0;
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    peak = Math.max(peak, await residentBytes(pid));
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  await done;
  return peak;
}

let upstream: Upstream;
let server: Running;
let idle: number;
beforeAll(async () => {
  upstream = await startUpstream();
  server = await start("workerd", { ALLOWED_HOSTS: upstream.host });
  await expectAlive(server);
  idle = await residentBytes(server.pid);
});
afterAll(async () => {
  await server.stop();
  await upstream.close();
});

test("a file of more than 300 MB is audited in what an isolate may hold, its largest weight refused", async () => {
  const usual = Array.from({ length: 10 }, (): [number, number] => [2800, 2800]);
  const shapes: [number, number][] = [[1400, 1400], ...usual, [4096, 4096]];
  const model = patterned(shapes);
  expect(model.size).toBeGreaterThan(300e6);
  upstream.files.set("model", model);
  let lines: Line[] = [];
  const work = ask(server, byUrl(`${upstream.base}/good/model`)).then((answer) => {
    lines = linesOf(answer);
  });
  const peak = await peakDuring(server.pid, work);
  console.log(`idle ${(idle / 1e6).toFixed(0)} MB, at most ${(peak / 1e6).toFixed(0)} MB`);
  const rows = lines.filter(({ type }) => type === "weight");
  expect(rows).toHaveLength(shapes.length);
  for (const [index, { shape, error, frobeniusNorm, converged }] of rows.entries()) {
    expect(shape).toEqual(shapes[index]);
    if (index === 11) expect(error).toMatchObject({ code: "OUT_OF_MEMORY" });
    else expect({ error, converged, frobeniusNorm }).toMatchObject({ error: null, converged: true });
  }
  // The root of the sum of squares grows with that of the number of entries: the same numbers come again and again.
  const [small, large] = rows.map(({ frobeniusNorm }) => frobeniusNorm as number);
  expect((large as number) / (small as number)).toBeCloseTo(2, 2);
  expect(lines.at(-1)).toMatchObject({ type: "summary", weights: 12, failed: 1 });
  expect(peak - idle).toBeLessThan(MOST_BYTES);
});

test("several files at a time, and bodies beside them, are audited in the same memory", async () => {
  upstream.files.set(
    "wide",
    patterned([
      [2048, 2048],
      [2048, 2048],
      [3000, 2048],
    ]),
  );
  const body = patterned([
    [1024, 1024],
    [1500, 1000],
  ]);
  const init = { method: "POST", headers: { "content-type": "application/octet-stream" } };
  const work = Promise.all([
    ...Array.from({ length: 3 }, () => ask(server, byUrl(`${upstream.base}/good/wide`))),
    ask(server, "/audit", { ...init, body: body.read(0, body.size) as Uint8Array<ArrayBuffer> }),
  ]);
  const peak = await peakDuring(server.pid, work);
  console.log(`at most ${(peak / 1e6).toFixed(0)} MB`);
  for (const answer of await work) expect(linesOf(answer).at(-1)).toMatchObject({ type: "summary", failed: 0 });
  expect(peak - idle).toBeLessThan(MOST_BYTES);
});
