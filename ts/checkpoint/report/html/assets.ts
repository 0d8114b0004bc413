/**
 * How the page looks and what it does: all of its style and all of its script.
 *
 * Colors are those of Okabe and Ito, which the color-blind tell apart, darker on white and lighter on black.
 *
 * @module
 */

/** The style. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --card: #f6f7f9; --ink: #1c2128; --soft: #59636e; --edge: #d3d9e0;
  --blue: #0058a3; --orange: #b54708; --green: #00694f; --purple: #8f3f6c; --red: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --card: #161b22; --ink: #e6edf3; --soft: #9aa5b1; --edge: #303842;
    --blue: #6cb6f5; --orange: #ff9d5c; --green: #3fd0a4; --purple: #e59cc4; --red: #ff8a80; } }
* { box-sizing: border-box; }
body { background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  margin: 0 auto; max-width: 1440px; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 0; }
p, ul { margin: .25rem 0; }
.soft, figcaption p, .axis { color: var(--soft); }
.bad { color: var(--red); font-weight: 600; }
li, .remark { overflow-wrap: anywhere; }
.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); margin: 1rem 0; }
figure { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; margin: 0; min-width: 0; padding: .9rem; }
figcaption p { font-size: .9rem; }
.axis { font-size: .8rem; margin: .6rem 0 .5rem; }
.axis.across { margin: 1.9rem 0 0; text-align: center; }
.plot { display: block; margin-left: 3.2rem; overflow: visible; width: calc(100% - 9.4rem); }
svg text { fill: var(--ink); font-size: 12px; }
svg .tick { fill: var(--soft); }
.mark { overflow: visible; }
.grid { stroke: var(--edge); }
.sigma, .rank { fill: var(--blue); }
.frobenius, .side { fill: var(--page); stroke: var(--orange); stroke-width: 1.5; }
.interval { stroke: var(--blue); stroke-width: 2; }
.operator { opacity: .55; stroke: var(--green); stroke-width: 8; }
.spectrum { opacity: .75; stroke: var(--purple); stroke-width: 2; }
svg .label { font-weight: 600; stroke: none; opacity: 1; }
svg .label.frobenius, svg .label.side { fill: var(--orange); }
svg .label.sigma, svg .label.rank { fill: var(--blue); }
svg .label.operator { fill: var(--green); }
svg .label.spectral { fill: var(--purple); }
.scroll { border: 1px solid var(--edge); border-radius: 10px; margin: 1rem 0; overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--edge); padding: .35rem .6rem; text-align: left; white-space: nowrap; }
td.name { max-width: 26rem; min-width: 14rem; overflow-wrap: anywhere; white-space: normal; }
td.words { min-width: 16rem; white-space: normal; }
.number { text-align: right; }
thead th { background: var(--card); padding: 0; }
th button { background: none; border: 0; color: inherit; cursor: pointer; font: inherit; font-weight: 600; min-height: 2.4rem; padding: .35rem .6rem;
  text-align: inherit; width: 100%; }
th button::after { color: var(--soft); content: " ↕"; }
th[aria-sort="ascending"] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: -3px; }
dl { display: grid; gap: .1rem .8rem; grid-template-columns: max-content 1fr; }
dt { font-weight: 600; } dd { color: var(--soft); margin: 0; }
@media print { .scroll { overflow: visible; } }
`;

/** The script: tables sort by the column whose heading is pressed, and again the other way. */
export const script = `
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const descending = head.ariaSort === "ascending" || (head.ariaSort === "none" && head.className === "number");
    const direction = head.ariaSort === "descending" ? 1 : descending ? -1 : 1;
    heads.forEach((other) => { other.ariaSort = "none"; });
    head.ariaSort = direction === 1 ? "ascending" : "descending";
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const isEmpty = (text) => text === "" || text === "–";
    const compare = head.className === "number" ? (a, b) => Number(a) - Number(b) : (a, b) => a.localeCompare(b, "en", { numeric: true });
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (isEmpty(x) || isEmpty(y)) return Number(isEmpty(x)) - Number(isEmpty(y));
      return direction * compare(x, y);
    });
    body.append(...rows);
  }));
}
`;
