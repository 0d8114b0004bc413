import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { AuditedTensor, Question } from "../../ts/audit.js";
import { parsePlace } from "../../ts/cli/queue/address.js";
import { contentsOf, fingerprint } from "../../ts/cli/queue/fingerprint.js";
import { roundName } from "../../ts/cli/queue/flow.js";
import { failureText, readFailure, ticketOf } from "../../ts/cli/queue/jobs.js";
import { createLanes } from "../../ts/cli/queue/lanes.js";
import { pack, unpack } from "../../ts/cli/queue/packed.js";
import { decodeRow, encodeRow } from "../../ts/cli/queue/rows.js";
import { float32, safetensors } from "../checkpoint/writer.js";
import { data, run, runWith } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-queue-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const critic = "wgan-sn-critic.safetensors";

describe("rows as text", () => {
  test("keep every number as it is, to the sign of zero", () => {
    const number = fc.double();
    const row = fc.record({
      name: fc.string(),
      shape: fc.array(fc.nat()),
      upper: fc.option(number),
      singularValues: fc.option(fc.array(number)),
      operator: fc.option(fc.record({ lower: number, layer: fc.record({ stride: fc.array(number) }) })),
    });
    fc.assert(
      fc.property(row, (given) => {
        const read: unknown = decodeRow(encodeRow(given as unknown as AuditedTensor));
        // By Object.is, which tells -0 from 0.
        expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(given)));
        expect(read).toStrictEqual(strip(given));
      }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324])("%d", (value) => {
    const row = { upper: value } as AuditedTensor;
    expect(Object.is(decodeRow(encodeRow(row)).upper, value)).toBe(true);
  });
});

describe("values as bytes", () => {
  const vector = fc.float64Array({ maxLength: 9 });
  const value = fc.record({
    text: fc.string({ unit: "binary" }),
    number: fc.double(),
    list: fc.array(fc.double()),
    vectors: fc.array(vector),
    part: fc.option(fc.record({ at: fc.nat(), values: vector }), { nil: undefined }),
  });

  test("keep every vector and every number to the bit, at any place in memory", () => {
    fc.assert(
      fc.property(value, fc.nat(7), (given, shift) => {
        const packed = pack(given);
        const moved = Buffer.alloc(packed.length + shift).subarray(shift);
        packed.copy(moved);
        const { part, ...rest } = given;
        expect(unpack(moved)).toStrictEqual({ ...rest, ...(part && { part: { ...part } }) });
      }),
    );
  });

  test("take eight bytes a number of a vector", () => {
    const of = (length: number) => pack({ x: new Float64Array(length).fill(Math.PI) }).length;
    expect(of(2000) - of(1000)).toBe(8000);
  });
});

test("lanes are as many as they should be, and free again after failures", async () => {
  const lanes = createLanes(2);
  let busy = 0;
  let most = 0;
  const work = (index: number) =>
    lanes(async () => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy -= 1;
      if (index % 3 === 0) throw new Error(`${index}`);
      return index;
    });
  const settled = await Promise.allSettled(Array.from({ length: 9 }, (_, index) => work(index)));
  expect(most).toBe(2);
  expect(settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message))).toEqual(
    Array.from({ length: 9 }, (_, index) => (index % 3 === 0 ? `${index}` : index)),
  );
});

test("the name of a round is that of a question about a weight, to the bit", () => {
  const question: Question = {
    ...{ kind: "product", adjoint: false, factor: 1, facts: "none", sides: [1, 2] },
    vectors: [Float64Array.of(0, 1)],
  };
  const names = [
    roundName("row-1", question),
    roundName("row-2", question),
    roundName("row-1", { ...question, vectors: [Float64Array.of(-0, 1)] }),
    roundName("row-1", { ...question, adjoint: true }),
    roundName("row-1", { ...question, facts: "norms" }),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(roundName("row-1", { ...question, vectors: [Float64Array.of(0, 1)] })).toBe(names[0]);
});

/** With the prototype of what JSON reads. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strip(inner)]));
}

describe("addresses", () => {
  test.each([
    ["redis://localhost", { host: "localhost", port: 6379, db: 0, isSecure: false, shown: "redis://localhost:6379/0" }],
    ["redis://h:7/3", { host: "h", port: 7, db: 3, shown: "redis://h:7/3" }],
    ["rediss://me:a%2Fb@h", { username: "me", password: "a/b", isSecure: true, shown: "rediss://h:6379/0" }],
    ["redis://:p@[::1]:9/", { host: "::1", port: 9, username: undefined, password: "p", shown: "redis://[::1]:9/0" }],
  ])("%s", (text, place) => {
    expect(parsePlace(text)).toMatchObject(place);
  });

  test.each([
    ["localhost:6379", "an address that begins with localhost:"],
    ["http://:secret@h", "an address that begins with http:"],
    ["redis://:secret@", "something else"],
    ["redis:///1", "an address without a host"],
    ["redis://:sec?ret@h", "something else"],
    ["redis://:secret@h/x", "an address with a path that is no number of a database"],
    ["redis://:secret@h/1?family=6", 'an address with "?" or "#"'],
    ["redis://:secret%@h", 'an address with a "%" that is not followed by two digits'],
    [undefined, "something else"],
    [true, "something else"],
  ])("%s is refused, without its password", (text, got) => {
    expect(() => parsePlace(text)).toThrow(
      expect.objectContaining({
        code: "OPTION",
        message: expect.stringMatching(/^"queue" expected redis:\/\/\[user:password@\]host\[:port\]\[\/database\]/),
      }),
    );
    expect(() => parsePlace(text)).toThrow(`, got ${got}`);
    expect(() => parsePlace(text)).not.toThrow(/secret/);
  });
});

describe("the name of a job", () => {
  const print = { identity: "i", contents: "c" };
  const job = { kind: "weight", name: "w", shape: [1, 2], bytes: 8 } as const;
  const idOf = (...args: Partial<Parameters<typeof ticketOf>>) =>
    ticketOf(args[0] ?? "/f", args[1] ?? print, args[2] ?? {}, args[3] ?? job).opts.jobId;

  test("is the same for the same, and another for everything that a result depends on", () => {
    const other = [
      idOf("/f", { ...print, identity: "j" }),
      idOf("/f", print, { seed: 1 }),
      idOf("/f", print, { layers: { name: "l", text: "{}" } }),
      idOf("/f", print, {}, { ...job, name: "v" }),
      idOf("/f", print, {}, { ...job, kind: "adapter" }),
      idOf("/f", print, { heads: 2 }),
    ];
    expect(idOf()).toBe(idOf());
    expect(idOf()).toMatch(/^row-[0-9a-f]{40}$/);
    expect(new Set([idOf(), ...other]).size).toBe(7);
  });

  test("failures go through the queue as text", () => {
    expect(readFailure(failureText("FORMAT", "a\nb", "h:1"), undefined)).toEqual({
      code: "FORMAT",
      message: "a\nb [h:1]",
    });
    expect(readFailure("job stalled more than allowable limit", "h:1")).toEqual({
      code: "WORKER",
      message: "the 3 workers that took it died, the last of which was h:1",
    });
    expect(readFailure("Missing lock", undefined)).toEqual({ code: "WORKER", message: "Missing lock" });
  });
});

describe("which checkpoint it is", () => {
  const path = join(folder, "w.safetensors");
  const write = (values: number[]) => writeFileSync(path, safetensors({ w: float32([2, 2], values) }));

  test("is told by names, shapes and numbers wherever it lies, and by the date here", async () => {
    write([1, 2, 3, 4]);
    const before = await fingerprint(path);
    expect(await contentsOf(path)).toBe(before.contents);
    cpSync(path, join(folder, "copy.safetensors"));
    const copy = await fingerprint(join(folder, "copy.safetensors"));
    expect(copy.contents).toBe(before.contents);
    expect(copy.identity).not.toBe(before.identity);
    write([1, 2, 3, 5]);
    expect((await fingerprint(path)).contents).not.toBe(before.contents);
  });

  test("is told of a checkpoint with the one that it is added to", async () => {
    write([1, 2, 3, 4]);
    const base = join(folder, "base.safetensors");
    writeFileSync(base, safetensors({ w: float32([1, 1], [1]) }));
    const [alone, both] = [await fingerprint(path), await fingerprint(path, base)];
    expect(await contentsOf(path, base)).toBe(both.contents);
    expect([both.identity, both.contents]).not.toEqual([alone.identity, alone.contents]);
    writeFileSync(base, safetensors({ w: float32([1, 1], [2]) }));
    expect((await fingerprint(path, base)).identity).not.toBe(both.identity);
    expect(await contentsOf(path, base)).not.toBe(both.contents);
  });

  test("is not told of what is none", async () => {
    await expect(fingerprint(join(folder, "missing"))).rejects.toMatchObject({ code: "FORMAT" });
    await expect(contentsOf("http://127.0.0.1:1/x")).rejects.toMatchObject({ code: "FORMAT" });
  });
});

describe("is refused in one line:", () => {
  const address = ["--queue", "redis://127.0.0.1:1"];
  test.each([
    [["audit", critic, "--workers", "0"], "--workers expected an integer from 1 to 256, got 0"],
    [["audit", critic, "--workers", "two"], '--workers expected an integer from 1 to 256, got "two"'],
    [["audit", critic, "--workers", "1.5"], "--workers expected an integer from 1 to 256, got 1.5"],
    [
      ["audit", critic, ...address, "--workers", "2"],
      "expected --workers or --queue, got both: at a queue others measure",
    ],
    [["audit", critic, "--queue-prefix", "x"], "--queue-prefix expected --queue beside it, got none"],
    [["audit", critic, "--queue-timeout", "9"], "--queue-timeout expected --queue beside it, got none"],
    [["audit", critic, "--queue-share", "9"], "--queue-share expected --queue beside it, got none"],
    [
      ["audit", critic, ...address, "--queue-share", "1.5"],
      "--queue-share expected an integer from 0 to 1000000000, got 1.5",
    ],
    [["worker", ...address, "--queue-share", "9"], "Unknown option '--queue-share'; see --help"],
    [
      ["audit", critic, ...address, "--queue-timeout", "0"],
      "--queue-timeout expected an integer from 1 to 604800, got 0",
    ],
    [
      ["audit", critic, ...address, "--queue-prefix", "a:b"],
      '--queue-prefix expected letters, digits, dots, dashes and underscores, got "a:b"',
    ],
    [
      ["audit", critic, "--queue", "http://:secret@h"],
      "--queue expected redis://[user:password@]host[:port][/database], or rediss:// for TLS, got an address that begins with http:",
    ],
    [["audit", critic, ...address], "redis://127.0.0.1:1/0: expected a Redis server, but nothing listens there"],
    [
      ["audit", critic, "--queue", "redis://no.such.host.invalid"],
      "redis://no.such.host.invalid:6379/0: expected a Redis server, but there is no such host",
    ],
    [
      ["worker"],
      "--queue expected redis://[user:password@]host[:port][/database], or rediss:// for TLS, got something else",
    ],
    [["worker", ...address], "redis://127.0.0.1:1/0: expected a Redis server, but nothing listens there"],
    [["worker", ...address, critic], `expected no files, for they come with the jobs, got ${critic}`],
    [["worker", ...address, "--concurrency", "0"], "--concurrency expected an integer from 1 to 256, got 0"],
    [["worker", ...address, "--workers", "2"], "Unknown option '--workers'; see --help"],
  ])("%j", async (args, message) => {
    expect(await run(...args)).toEqual({ code: 2, stdout: "", stderr: `spectral-norm: ${message}\n` });
  });

  test("a server that says nothing", async () => {
    const server: Server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const { code, stderr } = await run("audit", critic, "--queue", `redis://127.0.0.1:${port}`);
      expect(code).toBe(2);
      expect(stderr).toMatch(/expected a Redis server, but it did not answer for 10 s\n$/);
    } finally {
      // The command has gone, and its connection with it.
      server.close();
    }
  });

  test("a queue without the packages, with the command that brings them", async () => {
    const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
    cpSync(dist, join(folder, "alone", "dist"), { recursive: true });
    writeFileSync(join(folder, "alone", "package.json"), readFileSync(new URL("../../package.json", import.meta.url)));
    const program = join(folder, "alone", "dist", "cli.js");
    for (const args of [["audit", critic], ["worker"]]) {
      expect(await runWith(program, ...args, ...address)).toEqual({
        code: 2,
        stdout: "",
        stderr:
          "spectral-norm: --queue expected the packages bullmq and ioredis to be there: install them beside spectral-norm with `npm install bullmq ioredis`\n",
      });
    }
    // Who does not ask for a queue does not need them.
    expect((await runWith(program, "audit", join(data, critic))).code).toBe(0);
  });
});
