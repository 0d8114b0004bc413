// @ts-check
/**
 * What `npm run bench:peers` found as tables, between the markers of a page.
 *
 * @module
 */
import { parts } from "./parts/index.mjs";
import { cell, met, microseconds, table } from "./report.mjs";
import { counted } from "./report-instructions.mjs";

/** @typedef {import("./parts/index.mjs").Part} Part */
/** @typedef {import("./parts/index.mjs").Case} Case */
/** @typedef {import("./alternate.mjs").Result} Result */
/** @typedef {{ machine: any, load: number, rounds: number, versions: { [name: string]: unknown }, cases: Case[] }} Found */
/** @typedef {{ case: string, peer: string, ratio: number, least: number | undefined }} Verdict */

/** The result that the others are held against. @param {Part} part @param {Case} one */
export function ownOf(part, one) {
  return one.results.find(({ peer }) => peer === (part.own ?? "spectral-norm")) ?? one.results[0];
}

/** How many times as long as ours each peer takes, by the medians. @param {Part} part @param {Found} found @returns {Verdict[]} */
export function verdicts(part, { cases }) {
  return cases.flatMap((one) => {
    const own = ownOf(part, one);
    return one.results
      .filter((result) => result !== own && !result.peer.startsWith("spectral-norm,"))
      .map((result) => ({
        case: one.name,
        peer: result.peer,
        ratio: result.median / (own?.median ?? Number.NaN),
        least: part.goal?.(one, result.peer),
      }));
  });
}

/** @param {Verdict} verdict */
function times({ ratio, least }) {
  const goal = least === undefined ? "" : ` (${met({ met: ratio >= least })}: ${least}×)`;
  return `${ratio >= 1000 ? Math.round(ratio) : ratio.toPrecision(3)}×${goal}`;
}

/** A row for each peer of each case: times, ratio and error. @param {Part} part @param {Found} found */
function ratios(part, found) {
  const all = verdicts(part, found);
  const rows = found.cases.flatMap((one) =>
    one.results.map((result, index) => {
      const verdict = all.find(({ case: name, peer }) => name === one.name && peer === result.peer);
      const error = result.error === 0 ? "0" : result.error.toExponential(1);
      return [index === 0 ? one.name : "", result.peer, cell(result), verdict ? times(verdict) : "", error];
    }),
  );
  return table(["", "", "time (least to most)", "as long as ours", "relative error of σ"], rows);
}

/** Microseconds above what is subtracted. @param {Case | undefined} one */
function aboveOf(one) {
  const [own, empty] = one?.results ?? [];
  return (own?.median ?? Number.NaN) - (empty?.median ?? Number.NaN);
}

/** @param {Part} part @param {Found} found */
function difference({ most = 0 }, { cases: [one] }) {
  const [own, empty] = one?.results ?? [];
  if (own === undefined || empty === undefined) return "";
  const above = aboveOf(one);
  const verdict = `${met({ met: above <= most })}: ${microseconds(most)}`;
  return `${own.peer}: ${cell(own)}. ${empty.peer}: ${cell(empty)}. Above it: **${microseconds(above)}** (${verdict}).`;
}

/** Gigabytes a second. @param {Case} one @param {Result} result */
export function rate({ bytes = 0 }, { median }) {
  return bytes / median / 1000;
}

/** @param {number} bytes */
function size(bytes) {
  return bytes >= 2 ** 30
    ? `${bytes / 2 ** 30} GiB`
    : bytes >= 2 ** 20
      ? `${bytes / 2 ** 20} MiB`
      : `${bytes / 2 ** 10} KiB`;
}

/** @param {Part} _ @param {Found} found */
function rates(_, { cases }) {
  const names = cases[0]?.results.map(({ peer }) => peer) ?? [];
  const rows = cases.map((one) => {
    const all = one.results.map((result) => rate(one, result));
    const [own = 0, limit = 1] = all;
    return [
      one.name,
      size(one.bytes ?? 0),
      ...all.map((x) => `${x.toPrecision(3)} GB/s`),
      `${Math.round((100 * own) / limit)}%`,
    ];
  });
  return table(["", "size", ...names, "of the sum"], rows);
}

/** The slope of the line of least squares through points in logarithms. @param {readonly [number, number][]} points */
export function exponent(points) {
  const logarithms = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (/** @type {number} */ index) =>
    logarithms.reduce((sum, point) => sum + (point[index] ?? 0), 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  const [above, below] = logarithms.reduce(
    ([xy, xx], [x = 0, y = 0]) => [xy + (x - mx) * (y - my), xx + (x - mx) ** 2],
    [0, 0],
  );
  return above / below;
}

/** @param {Part} _ @param {Found} found */
function growth(_, { cases }) {
  const names = cases[0]?.results.map(({ peer }) => peer) ?? [];
  const rows = names.map((name, index) => {
    const results = cases.map((one) => one.results[index]);
    const points = cases.map(({ side = 0 }, at) => /** @type {[number, number]} */ ([side, results[at]?.median ?? 0]));
    return [name, ...points.map(([, median]) => microseconds(median)), `n^${exponent(points).toFixed(1)}`];
  });
  return table(["", ...cases.map((one) => one.name), "grows like"], rows);
}

const kinds = { ratio: ratios, difference, rate: rates, growth, instructions: counted };

/** @param {string} id @param {Found} found */
function section(id, found) {
  const part = parts[id];
  if (part === undefined) throw new Error(`docs/benchmarks.json has "${id}", which is no part`);
  const { cpu, cores, node, platform } = found.machine;
  const versions = Object.entries(found.versions).map(([name, version]) => `${name} ${version}`);
  const where = `${[`${cpu}, ${cores} cores`, `Node ${node}`, platform, ...versions].join("; ")}; load ${found.load} before it began.`;
  const rounds =
    part.kind === "instructions" ? "" : ` Median of ${found.rounds} alternating rounds, unless one took too long.`;
  return [`${part.about}${rounds}`, where, kinds[part.kind ?? "ratio"](part, found)].join("\n\n");
}

/** @typedef {{ isMet: boolean, cells: string[] }} Goal */

/** The goals of a part, and what was measured. @param {string} id @param {Found} found @returns {Goal[]} */
function goalsOf(id, found) {
  const part = parts[id];
  if (part === undefined) return [];
  if (part.most !== undefined) {
    const [one] = found.cases;
    const above = aboveOf(one);
    const cells = [
      id,
      one?.name ?? "",
      "above an empty script",
      microseconds(above),
      `at most ${microseconds(part.most)}`,
    ];
    return [{ isMet: above <= part.most, cells }];
  }
  return verdicts(part, found).flatMap(({ case: name, peer, ratio, least }) => {
    if (least === undefined) return [];
    return [{ isMet: ratio >= least, cells: [id, name, peer, `${ratio.toPrecision(3)}×`, `${least}×`] }];
  });
}

/** What of the goals is not reached, a line each, and how many are. @param {{ [id: string]: Found }} record */
function goals(record) {
  const all = Object.entries(record).flatMap(([id, found]) => goalsOf(id, found));
  const rows = all.filter(({ isMet }) => !isMet).map(({ cells }) => cells);
  const reached = `Of ${all.length} goals ${all.length - rows.length} were reached in these runs.`;
  return rows.length === 0
    ? reached
    : `${reached} Not these:\n\n${table(["part", "", "peer", "measured", "goal"], rows)}`;
}

/** A page with every marked section written anew. @param {string} page @param {{ [id: string]: Found }} record */
export function filled(page, record) {
  return page.replaceAll(/(<!-- (\w+):begin -->\n).*?(<!-- \2:end -->)/gs, (whole, begin, id, end) => {
    if (id === "goals") return `${begin}${goals(record)}\n${end}`;
    const found = record[id];
    return found === undefined ? whole : `${begin}${section(id, found)}\n${end}`;
  });
}
