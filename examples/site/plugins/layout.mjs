/**
 * What every page has around its content, written into the HTML when the site is built: nothing is to be laid out by
 * scripts before the first paint.
 *
 * @module
 */
import { DOCUMENTS, HOME, PAGES } from "../pages.mjs";

/** Eight clouds on a circle, each around its place. */
const clouds = Array.from({ length: 40 }, (_, index) => {
  const angle = (index * Math.PI) / 4;
  const [x, y] = [Math.sin(7 * index), Math.sin(11 * index + 1)];
  const [left, top] = [60 + 30 * Math.cos(angle) + 3.5 * x, 45 + 30 * Math.sin(angle) + 3.5 * y];
  return `<circle cx="${left.toFixed(1)}" cy="${top.toFixed(1)}" r="1.6" class="dot"/>`;
}).join("");

const FIGURES = {
  depths: Array.from("59483726648759", (level, index) => {
    const [x, y] = [14 + 7.1 * index, 78 - 7 * Number(level)];
    return `<path d="M${x} ${y - 9}V${y + 9}" class="line"/><circle cx="${x}" cy="${y}" r="2.9" class="dot"/>`;
  }).join(""),
  field: `${[14, 22, 38, 46].map((radius) => `<circle cx="60" cy="45" r="${radius}" class="thin"/>`).join("")}${clouds}`,
  ellipse: `<circle cx="60" cy="45" r="17" class="thin"/><ellipse cx="60" cy="45" rx="46" ry="22" transform="rotate(-24 60 45)" class="line"/><path d="M60 45 102 26" class="arrow"/><circle cx="102" cy="26" r="4.5" class="dot"/>`,
  response: Array.from({ length: 40 }, (_, index) => {
    const [x, y] = [index % 8, Math.floor(index / 8)];
    const gain = Math.hypot(Math.sin((x - 3.5) / 1.6), Math.sin((y - 2) / 1.6)) / Math.SQRT2;
    return `<rect x="${14 + 11.6 * x}" y="${16 + 11.6 * y}" width="10.4" height="10.4" rx="2" class="cell" style="opacity:${gain.toFixed(2)}"/>`;
  }).join(""),
  digit: Array.from("0065300002b74800000082000004b000000450000017300000bc776004887760", (level, index) => {
    const share = Math.min(1, Number.parseInt(level, 16) / 9).toFixed(2);
    return `<rect x="${20 + 10 * (index % 8)}" y="${6 + 10 * Math.floor(index / 8)}" width="9.2" height="9.2" rx="1.5" class="cell" style="opacity:${share}"/>`;
  }).join(""),
};

const head = ({ title, description }) =>
  [
    `<meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width">`,
    `<meta name="color-scheme" content="light dark">`,
    ...(description === undefined ? [] : [`<meta name="description" content="${description}">`]),
    `<title>${title}${title.includes("spectral-norm") ? "" : " · spectral-norm"}</title>`,
    `<link rel="icon" href="data:,">`,
  ].join("\n    ");

const link = (base, { path, title }, current) =>
  `<a href="${base}${path}"${path === current ? ' aria-current="page"' : ""}>${title}</a>`;

const header = (base, current) => `<a class="skip" href="#content">Skip to content</a>
<header class="site-header"><a class="home" href="${base || "./"}">spectral-norm</a>
<nav aria-label="Pages">${[...PAGES, { ...DOCUMENTS[0], title: "Docs" }].map((page) => link(base, page, current)).join("")}</nav></header>`;

const footer = (
  base,
) => `<footer class="site-footer"><p>Every number is computed in this tab, by the package itself; nothing
leaves your machine. ${DOCUMENTS.map((page) => link(base, page)).join(" · ")}</p></footer>`;

const card = ({ path, title, summary, figure }) => `<li><a class="card" href="${path}">
<svg viewBox="0 0 120 90" aria-hidden="true">${FIGURES[figure]}</svg><span><strong>${title}</strong>${summary}</span></a></li>`;

/** @param path Where the page is, e.g. `convolution/index.html`. */
export function withLayout(html, path) {
  const base = "../".repeat(path.split("/").length - 1);
  const current = path.replace(/index\.html$/, "");
  const page = [HOME, ...PAGES, ...DOCUMENTS].find((known) => known.path === current);
  if (page === undefined) throw new Error(`${path} is none of the pages of pages.mjs`);
  return html
    .replace("<!-- head -->", head(page))
    .replace("<!-- header -->", header(base, current))
    .replace("<!-- footer -->", footer(base))
    .replace("<!-- cards -->", PAGES.map(card).join("\n"));
}

export function layout() {
  return {
    name: "layout",
    transformIndexHtml: { order: "pre", handler: (html, { path }) => withLayout(html, path.replace(/^\//, "")) },
  };
}
