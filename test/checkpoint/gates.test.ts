import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { audit } from "../../ts/checkpoint/audit.js";
import { checkGates, gatesOf } from "../../ts/checkpoint/gates.js";
import { parseArchitecture } from "../../ts/checkpoint/layers.js";
import { operators } from "./operators.js";
import { float32, RecordingSource, safetensors } from "./writer.js";

const engine = await load();
const diagonal = float32([2, 2], [3, 0, 0, 1]);
const kernel = float32([1, 1, 3, 3], Array(9).fill(1));
const statistics = { "bn.gamma": float32([1], [2]), "bn.var": float32([1], [4]) };
const bytes = safetensors({ "conv.weight": kernel, "dense.weight": diagonal, ...statistics });

async function auditWith(layers?: unknown) {
  const architecture = layers === undefined ? undefined : parseArchitecture("layers.json", JSON.stringify(layers));
  return await audit(engine, new RecordingSource(bytes), { detail: {}, architecture });
}

describe("--max-norm", () => {
  test("holds weights as matrices, and convolutions as they run where that is told", async () => {
    expect(gatesOf(await auditWith(), { maxNorm: 3.001 })).toEqual([
      { gate: "max-norm", limit: 3.001, passed: true, failures: [] },
    ]);
    const [gate] = gatesOf(await auditWith({ "conv.weight": { padding: 1 } }), { maxNorm: 3.001 });
    expect(gate).toMatchObject({ passed: false });
    expect(gate?.failures).toEqual([
      expect.stringMatching(/^conv\.weight: its norm as a convolution may be 9\.\d+, above 3\.001$/),
    ]);
  });

  test("holds a normalized weight to what it is in use", async () => {
    const sn = safetensors({
      "a.weight_orig": diagonal,
      "a.weight_u": float32([2], [1, 0]),
      "a.weight_v": float32([2], [1, 0]),
    });
    const audited = await audit(engine, new RecordingSource(sn), { detail: {} });
    expect(gatesOf(audited, { maxNorm: 1.0001 })[0]?.passed).toBe(true);
    expect(gatesOf(audited, { maxNorm: 0.9999 })[0]?.failures).toEqual([
      expect.stringMatching(/spectral norm in use may be 1\.0/),
    ]);
  });

  test("fails for a LoRA pair of unknown scale, and holds the product of one whose scale is known", async () => {
    const pair = safetensors({
      "q.lora_A.weight": float32([1, 2], [3, 4]),
      "q.lora_B.weight": float32([2, 1], [0, 2]),
    });
    const gate = async (loraAlpha?: number) =>
      gatesOf(await audit(engine, new RecordingSource(pair), { detail: {}, operators, loraAlpha }), {
        maxNorm: 1.0001,
      })[0];
    expect((await gate())?.failures).toEqual([expect.stringMatching(/does not say α: give --lora-alpha/)]);
    // 0.1 · 10, though the factors have norms of 5 and 2.
    expect(await gate(0.1)).toMatchObject({ passed: true });
    expect((await gate(0.2))?.failures).toEqual([expect.stringMatching(/^q \(s·B·A\): its spectral norm may be 2\.0/)]);
  });

  test("fails for a weight without a norm", async () => {
    const broken = new RecordingSource(safetensors({ w: float32([1, 2], [Number.NaN, 1]) }));
    const [gate] = gatesOf(await audit(engine, broken, { detail: {} }), { maxNorm: 10 });
    expect(gate?.failures).toEqual(["w has no norm that could be held to 10"]);
  });
});

const conv = { type: "convolution", weight: "conv.weight", padding: 1 };
const network = [conv, { type: "batchNorm", gamma: "bn.gamma", runningVar: "bn.var" }, { type: "relu" }];

describe("--max-lipschitz", () => {
  test("is the product by lipschitzBound", async () => {
    const audited = await auditWith({ inputSize: [4, 4], network });
    const { upper } = engine.lipschitzBound(
      [
        { type: "convolution", kernel: new Float32Array(9).fill(1), shape: [1, 1, 3, 3], padding: 1 },
        { type: "batchNorm", gamma: Float32Array.of(2), runningVar: Float32Array.of(4) },
        { type: "relu" },
      ],
      { inputSize: [4, 4] },
    );
    expect(audited.network).toMatchObject({ upper, inputSize: [4, 4] });
    expect(gatesOf(audited, { maxLipschitz: upper })[0]?.passed).toBe(true);
    expect(gatesOf(audited, { maxLipschitz: upper / 2 })[0]?.failures).toEqual([
      expect.stringMatching(/Lipschitz constant of the network may be/),
    ]);
  });

  test("follows residuals and concatenations", async () => {
    const dense = { type: "dense", weight: "dense.weight" };
    const layers = [
      { type: "residual", branch: [dense] },
      { type: "concat", branches: [[dense], [dense]] },
    ];
    const { network: bound } = await auditWith({ network: layers });
    expect(bound?.upper).toBeCloseTo(4 * Math.sqrt(18), 6);
  });

  test("of attention has nothing to hold", async () => {
    const audited = await auditWith({ network: [{ type: "attention" }] });
    expect(gatesOf(audited, { maxLipschitz: 5 })[0]?.failures[0]).toMatch(
      /no Lipschitz constant that is known: dot-product attention/,
    );
  });

  test.each([
    [undefined, /expected --layers with a "network": a checkpoint does not say what stands between/],
    [{ "conv.weight": { padding: 1 } }, /got "layers without order"/],
  ])("is refused with layers %j", (layers, message) => {
    const architecture = layers && parseArchitecture("layers.json", JSON.stringify(layers));
    expect(() => checkGates({ maxLipschitz: 1 }, architecture)).toThrow(message);
  });
});

test.each([
  [{ maxNorm: -1 }, /"maxNorm" expected a finite number of at least 0, got -1/],
  [{ maxNorm: "x" }, /"maxNorm" expected a finite number of at least 0, got "x"/],
  [{ maxLipschitz: Number.POSITIVE_INFINITY }, /"maxLipschitz" expected a finite number/],
])("%j is no limit", (limits, message) => {
  expect(() => checkGates(limits as never, undefined)).toThrow(message);
});

describe("a file of layers", () => {
  test.each([
    ["{", /^layers\.json: expected JSON, but /],
    ["[]", /"layers" expected an object/],
    ['{"conv.weight": 3}', /"conv\.weight" expected an object/],
    ['{"network": [], "inptuSize": 3}', /unknown key "inptuSize" beside "network"/],
    ['{"network": [3]}', /"network\[0\]" expected \{ type, … \}/],
    ['{"network": [{"type":"residual","branch":3}]}', /"network\[0\]\.branch" expected an array of layers/],
  ])("%s is refused", (text, message) => {
    expect(() => parseArchitecture("layers.json", text)).toThrow(message);
  });

  test.each([
    [{ nothing: { stride: 2 } }, /layers\.json: "nothing" is the name of no tensor/],
    [{ "dense.weight": {} }, /"dense\.weight" expected a kernel of 3 to 5 dimensions, got a tensor of 2 dimensions/],
    [{ "conv.weight": { stride: 0 } }, /"conv\.weight": "stride" expected an integer/],
    [{ "conv.weight": { strides: 2 } }, /"conv\.weight": .*unknown key "strides".*Did you mean "stride"/],
    [{ "conv.weight": { inputSize: 1 } }, /"conv\.weight": "inputSize" expected/],
    [{ "conv.weight": { paddingMode: "mirror" } }, /"conv\.weight": "paddingMode" expected/],
    [{ "conv.weight": { groups: 2 } }, /"conv\.weight": "groups" expected a divisor/],
    [{ "conv.weight": { dilation: "x" } }, /"conv\.weight": "dilation" expected/],
    [{ "conv.weight": { transposed: 1 } }, /"conv\.weight": "transposed" expected true or false/],
    [{ "conv.weight": { padding: -1 } }, /"conv\.weight": "padding" expected/],
    [{ "conv.weight": { kernel: [] } }, /kernel and shape come from the checkpoint/],
    [
      { network: [{ type: "dense", weight: "x" }] },
      /"network\[0\]\.weight" expected the name of a tensor in the checkpoint, got "x"/,
    ],
    [{ network: [{ ...conv, stride: 0 }] }, /"network\[0\]\.stride" expected/],
    [{ network: [{ type: "rulu" }] }, /"network\[0\]\.type" expected/],
    [{ network: [conv], inputSize: 0 }, /"inputSize" expected/],
  ])("%j is refused, by file and key, before a weight is read", async (layers, message) => {
    const source = new RecordingSource(bytes);
    const architecture = parseArchitecture("layers.json", JSON.stringify(layers));
    const error = await audit(engine, source, { architecture }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
    // The header alone, which begins with its length.
    const header = 8 + new DataView(bytes.buffer).getUint32(0, true);
    const last = Math.max(...source.reads.map(({ offset, length }) => offset + length));
    expect(last).toBe(header);
  });
});
