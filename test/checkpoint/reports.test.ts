import { parseHTML } from "linkedom";
import { marked, type Tokens } from "marked";
import { describe, expect, test } from "vitest";
import type { Audit } from "../../ts/checkpoint/audit.js";
import { noDetail } from "../../ts/checkpoint/detail.js";
import { renderCsv } from "../../ts/checkpoint/report/csv.js";
import { fields, formatBound } from "../../ts/checkpoint/report/fields.js";
import { renderHtml } from "../../ts/checkpoint/report/html/page.js";
import { logScale } from "../../ts/checkpoint/report/html/plot.js";
import { renderMarkdown } from "../../ts/checkpoint/report/markdown.js";
import type { AuditedTensor } from "../../ts/checkpoint/weight.js";

const row: AuditedTensor = {
  ...noDetail,
  name: "a.weight",
  shape: [2, 3],
  dtype: "F32",
  axis: 0,
  spectralNorm: 1.2219776420702735,
  frobeniusNorm: 3.3,
  stableRank: 7.4,
  storedSigma: null,
  effectiveNorm: null,
  converged: true,
  iterations: 12,
  note: null,
  error: null,
  lower: 1.2219776,
  upper: 1.2219777,
  singularValues: [1.2219776420702735, 0.5],
};
const hostile = [
  'quote " and, comma',
  "line\r\nbreak",
  "pipe | and \\| pipe",
  "*bold* `code` _x_ [a](b) <b>",
  "</title></script><script>window.hacked = 1</script>",
  '"><img src=x onerror="window.hacked = 1">',
  "&lt;already&gt;",
];
const rows = [row, ...hostile.map((name) => ({ ...row, name }))];
const failed = {
  file: "<i>none</i>.safetensors",
  error: { code: "FORMAT", message: "<i>none</i>: there is no such file" },
};
const audited: Audit = {
  file: "<x>&.safetensors",
  axis: 0,
  tensors: rows,
  adapters: [],
  heads: [],
  network: null,
  skipped: [],
};

/** Cells by RFC 4180, by the book. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy);
  let end = 0;
  for (const found of cells) {
    const [all, quoted, plain = "", separator] = found;
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (separator === "\r\n") lines.push([]);
    end += all.length;
  }
  expect(end, "characters that are CSV").toBe(text.length);
  return lines.slice(0, -1);
}

describe("CSV", () => {
  const [head = [], ...lines] = parseCsv(renderCsv([audited, failed]));

  test("gives every name and number back, whatever is in it", () => {
    expect(lines.map((cells) => cells[1])).toEqual([...rows.map(({ name }) => name), ""]);
    for (const cells of lines) expect(cells).toHaveLength(head.length);
    const cell = (key: string) => lines[0]?.[head.indexOf(key)];
    expect(Number(cell("spectral_norm"))).toBe(row.spectralNorm);
    expect(cell("singular_values")?.split(" ").map(Number)).toEqual(row.singularValues);
    expect(cell("stored_sigma")).toBe("");
    expect(lines.at(-1)?.[head.indexOf("error")]).toBe(failed.error.message);
  });

  test("has every column once", () => {
    expect(head).toEqual(["file", "weight", ...fields.map(({ key }) => key)]);
    expect(new Set(head).size).toBe(head.length);
  });
});

describe("Markdown", () => {
  const gates = new Map([[audited, [{ gate: "max-norm" as const, limit: 1, passed: false, failures: ["a|b: is 2"] }]]]);
  const text = renderMarkdown([audited, failed], gates);

  test("is a table whose cells are the names, as a reader of GitHub's dialect sees them", () => {
    const table = marked.lexer(text).find((token): token is Tokens.Table => token.type === "table");
    expect(table?.rows).toHaveLength(rows.length);
    const { document } = parseHTML(`<main>${marked.parse(text)}</main>`);
    const names = [...document.querySelectorAll("tbody tr")].map((line) => line.firstElementChild?.textContent);
    // Control characters are shown escaped.
    expect(names).toEqual(rows.map(({ name }) => name.replace("\r\n", "\\u{d}\\u{a}")));
    expect(document.querySelectorAll("script, img, b, em, code, a")).toHaveLength(0);
    expect(document.querySelector("li strong")?.textContent).toBe("--max-norm: a|b: is 2.");
  });
});

describe("the page", () => {
  const page = () => renderHtml([audited, failed], new Map(), "1.2.3");

  test("shows hostile names as text, and runs no script but its own", async () => {
    const html = await page();
    const { document } = parseHTML(html);
    const names = [...document.querySelectorAll("td.name")].map((cell) => cell.textContent);
    expect(names).toEqual(rows.map(({ name }) => name.replace("\r\n", "\\u{d}\\u{a}")));
    expect(document.querySelectorAll("script")).toHaveLength(1);
    expect(document.querySelectorAll("img, [onerror], i")).toHaveLength(0);
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
    const script = document.querySelector("script")?.textContent ?? "";
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
    expect(policy).toContain(`script-src 'sha256-${Buffer.from(hash).toString("base64")}'`);
    expect(policy).toContain("default-src 'none'");
  });

  test("asks nothing of anybody else", async () => {
    const html = await page();
    const { document } = parseHTML(html);
    const addresses = [...document.querySelectorAll("[src], [href]")].map((element) => element.getAttribute("href"));
    expect(addresses).toEqual(["data:,"]);
    expect(html).not.toMatch(/@import|https?:|url\(/);
  });

  test("has a figure for norms, ranks and spectra, none for nothing", async () => {
    const { document } = parseHTML(await page());
    expect([...document.querySelectorAll("figure h3")].map((title) => title.textContent)).toEqual([
      "Norms by depth",
      "Stable rank",
      "Leading singular values",
    ]);
    expect(document.querySelectorAll("circle.sigma")).toHaveLength(rows.length);
    const zero = { ...audited, tensors: [{ ...row, spectralNorm: 0, frobeniusNorm: 0, stableRank: 0 }] };
    expect(await renderHtml([zero], new Map(), "1")).not.toContain("<figure>");
  });
});

test.each([
  [1.22197764, 1, "1.221978"],
  [1.22197764, -1, "1.221977"],
  [9.9999999, 1, "10.00000"],
  [0, 1, "0.00000"],
  [0.5, -1, "0.5000000"],
] as const)("the bound %d is rounded outward (%d) to %s", (value, direction, text) => {
  expect(formatBound(value, direction)).toBe(text);
});

test.each([[[1, 1]], [[0.001, 1000]], [[1e-30, 1e30]], [[3, 4]], [[]]])(
  "a logarithmic scale for %j has ticks in order, within the figure",
  (values) => {
    const { ticks, place } = logScale(values);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThanOrEqual(9);
    for (const value of [...ticks, ...values]) {
      expect(place(value)).toBeGreaterThanOrEqual(-1e-9);
      expect(place(value)).toBeLessThanOrEqual(220 + 1e-9);
    }
    expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
  },
);
