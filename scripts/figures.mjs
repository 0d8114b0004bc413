import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Failure, report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { setUp } from "./setup.mjs";

/**
 * `npm run figures`: draws docs/pictures/ from numbers computed now, by the built package. With --check it writes
 * nothing, and fails unless the files are what it would write. Numbers in the file are rounded to what can be seen, so
 * that the file does not depend on the machine.
 */
const FILE = "docs/pictures/fixed-steps.svg";
const CRITIC = "examples/data/wgan-sn-critic.safetensors";
const STEPS = 1000;
/** Below this there is nothing to draw: the accuracy that the package stops at by default. */
const FLOOR = 1e-6;

/** One matrix lies up to 3 % off the law, for its edge and the start are random. */
const SEEDS = Array.from({ length: 16 }, (_, index) => index + 1);
const SIDE = 512;

const COLORS = { conv1: "#d55e00", conv2: "#00765a", conv3: "#0072b2", random: "#222", theory: "#777" };

/** The convolutions of the critic, in float64, so that what is drawn is the method and not the rounding of float32. */
function readConvolutions() {
  const bytes = readFileSync(at(CRITIC));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start));
  const kernels = Object.entries(header).filter(([, { shape }]) => shape?.length === 4);
  return kernels.map(([name, { shape, data_offsets }]) => {
    const [from, to] = data_offsets.map((offset) => offset + start);
    const data = Float64Array.from({ length: (to - from) / 4 }, (_, index) => bytes.readFloatLE(from + 4 * index));
    return { name: name.split(".")[0], weight: { data, shape, axis: 0 } };
  });
}

/** Uniform numbers in [0, 1): mulberry32. */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Entries normal but for the far tails: sums of twelve uniform numbers, which every machine rounds alike. */
function randomMatrix(seed) {
  const next = uniform(seed);
  const normal = () => Array.from({ length: 12 }, next).reduce((sum, x) => sum + x, -6);
  return { data: Float64Array.from({ length: SIDE * SIDE }, normal), shape: [SIDE, SIDE] };
}

/** 1 − σ̂/σ after each step of the article's power iteration. */
function shortfalls(engine, weight) {
  const { history, v } = engine.powerIteration(weight, { iterations: STEPS });
  const sigma = engine.spectralNorm(weight, { tolerance: 1e-9, start: v });
  return history.map((estimate) => 1 - estimate / sigma);
}

function mean(lists) {
  return lists[0].map((_, index) => lists.reduce((sum, list) => sum + list[index], 0) / lists.length);
}

/** Points evenly spaced along a logarithmic axis, as far as they can be seen. */
function points(series, values) {
  const steps = Array.from({ length: 121 }, (_, index) => Math.round(STEPS ** (index / 120)));
  const visible = [...new Set(steps)].filter((k) => values[k - 1] > FLOOR / 3);
  return visible.map((k) => ({ series, k, shortfall: values[k - 1] }));
}

async function compute() {
  const { load } = await import("spectral-norm");
  const engine = await load();
  const convolutions = readConvolutions().flatMap(({ name, weight }) => points(name, shortfalls(engine, weight)));
  const random = points("random", mean(SEEDS.map((seed) => shortfalls(engine, randomMatrix(seed)))));
  const law = Float64Array.from({ length: STEPS }, (_, i) => 1 - Math.sqrt((4 * i + 3) / (4 * i + 6)));
  return { measured: [...convolutions, ...random], theory: points("theory", law) };
}

/** Names stand beside their lines. */
const LABELS = [
  { series: "random", k: 1.1, shortfall: 0.4, text: "random 512×512", anchor: "start" },
  { series: "conv1", k: 60, shortfall: 0.04, text: "conv1\n32×9", anchor: "start" },
  { series: "conv2", k: 68, shortfall: 9e-5, text: "conv2\n64×512", anchor: "start" },
  { series: "conv3", k: 21, shortfall: 1.2e-4, text: "conv3\n128×1024", anchor: "end" },
  { series: "theory", k: 1000, shortfall: 3.2e-3, text: "theory, n → ∞", anchor: "end" },
];

const MARKS = [
  { k: 5, text: "article: 5", anchor: "end", dx: 8 },
  { k: 15, text: "PyTorch: 15", anchor: "start", dx: -8 },
];

/** A white card, so that the picture reads the same on a dark page. */
function card(_index, _scales, _channels, { width, height }, { document }) {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width, height, rx: 8, fill: "white" })) rect.setAttribute(name, value);
  return rect;
}

function percent(share) {
  return `${Number((100 * share).toPrecision(1))}%`;
}

const line = { x: "k", y: "shortfall", z: "series", clip: true };
const color = ({ series }) => COLORS[series];
const labels = (anchor) =>
  Plot.text(
    LABELS.filter((label) => label.anchor === anchor),
    { x: "k", y: "shortfall", text: "text", fill: color, textAnchor: anchor, stroke: "white", strokeWidth: 5 },
  );
const vertical = ({ k, text, anchor, dx }) =>
  Plot.text([text], { x: k, y: 1, text: [text], textAnchor: anchor, dx, dy: -15, fill: "#555" });

function draw(document, { measured, theory }) {
  return Plot.plot({
    document,
    ariaLabel: "How far power iteration falls short of the spectral norm, by steps",
    width: 560,
    height: 440,
    marginTop: 56,
    marginRight: 24,
    marginBottom: 50,
    marginLeft: 82,
    style: { color: "#222", fontSize: "15px", fontFamily: "system-ui, sans-serif" },
    x: { type: "log", domain: [1, STEPS], label: "steps of power iteration from all ones" },
    y: { type: "log", domain: [FLOOR, 1], label: "share of the spectral norm that is missing" },
    marks: [
      card,
      Plot.gridY([1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, FLOOR], { stroke: "#222", strokeOpacity: 0.12 }),
      Plot.axisX([1, 10, 100, 1000], {
        tickFormat: String,
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 42,
      }),
      Plot.axisY([1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, FLOOR], { tickFormat: percent, labelArrow: "none", labelOffset: 72 }),
      Plot.ruleX(MARKS, { x: "k", y1: 1, y2: 1e-3, stroke: "#555", strokeDasharray: "3 3" }),
      ...MARKS.map(vertical),
      Plot.line(theory, { ...line, stroke: COLORS.theory, strokeWidth: 1 }),
      Plot.line(measured, { ...line, stroke: color, strokeWidth: 2.25 }),
      labels("start"),
      labels("end"),
    ],
  });
}

/** A hundredth of a pixel is enough, and the same on every machine. The labels have fewer digits. */
function render(data) {
  const { document } = parseHTML("<!doctype html><body></body>");
  const plot = draw(document, data);
  // Plot's style sheet is for a figure within a page.
  plot.querySelector("style").remove();
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  plot.setAttribute("role", "img");
  return `${plot.outerHTML.replaceAll(/-?\d+\.\d{5,}/g, (number) => String(Math.round(100 * Number(number)) / 100))}\n`;
}

async function main(check) {
  // A check is part of the tests, which run on several Nodes over what was set up once.
  if (!check) await setUp();
  const svg = render(await compute());
  if (!check) {
    mkdirSync(at("docs", "pictures"), { recursive: true });
    writeFileSync(at(FILE), svg);
    return console.log(`${FILE}: ${(svg.length / 1000).toFixed(1)} kB`);
  }
  if (readFileSync(at(FILE), "utf8") !== svg) {
    throw new Failure(`${FILE} is not what the package computes now; \`npm run figures\` draws it anew.`);
  }
  console.log(`${FILE} is current`);
}

await main(process.argv.includes("--check")).catch(report);
