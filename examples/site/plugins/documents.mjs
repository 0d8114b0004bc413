/**
 * The project's documents as pages of the site.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { marked } from "marked";
import { DOCUMENTS } from "../pages.mjs";
import { withLayout } from "./layout.mjs";

const read = (path) => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");

/** As GitHub names headings, so that links to them hold. */
const slug = (text) =>
  text
    .toLowerCase()
    .replaceAll(/<[^>]+>|[^\p{L}\p{N}\s-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

/** Links between documents that the site has lead to its pages; those to other files of the project lead nowhere here. */
function relink(html, source) {
  return html.replaceAll(/<a href="([^"#:]+\.md|[^":#]+)(#[^"]*)?">(.*?)<\/a>/gs, (_all, target, anchor = "", text) => {
    const resolved = new URL(target, `file:///${source}`).pathname.slice(1);
    const page = DOCUMENTS.find((document) => document.source === resolved);
    return page === undefined ? text : `<a href="${page.path.replace(/^docs\//, "")}${anchor}">${text}</a>`;
  });
}

/** Drawings of the project travel within the page. */
const embed = (html) =>
  html.replaceAll(
    /src="(docs\/pictures\/[\w-]+\.svg)"/g,
    (_all, path) => `src="data:image/svg+xml;base64,${Buffer.from(read(path)).toString("base64")}"`,
  );

const PHOTOGRAPH = /(src|srcset)="docs\/(pictures\/[\w-]+\.png)"/g;

/** Photographs, which are larger, lie beside the pages. */
const besides = (html) => html.replaceAll(PHOTOGRAPH, '$1="$2"');

/** The photographs that a document shows. */
const photographsOf = ({ source }) => [...read(source).matchAll(PHOTOGRAPH)].map(([, , path]) => `docs/${path}`);

function render({ source, path }, style) {
  const body = besides(embed(relink(marked.parse(read(source)), source))).replaceAll(
    /<h([1-6])>(.*?)<\/h\1>/gs,
    (_all, level, text) => `<h${level} id="${slug(text)}">${text}</h${level}>`,
  );
  const html = `<!doctype html><html lang="en"><head><!-- head -->
<link rel="stylesheet" href="../${style}"></head><body><!-- header --><main id="content" class="document">${body
    .replaceAll("<table>", '<div class="wide"><table>')
    .replaceAll("</table>", "</table></div>")}</main><!-- footer --></body></html>`;
  return withLayout(html, path);
}

export function documents() {
  return {
    name: "documents",
    generateBundle(_options, bundle) {
      const style = Object.keys(bundle).find((file) => /theme.*\.css$/.test(file));
      if (style === undefined) this.error("the theme is not among the site's files");
      for (const document of DOCUMENTS) {
        this.emitFile({ type: "asset", fileName: document.path, source: render(document, style) });
      }
      for (const fileName of new Set(DOCUMENTS.flatMap(photographsOf))) {
        const source = readFileSync(fileURLToPath(new URL(`../../../${fileName}`, import.meta.url)));
        this.emitFile({ type: "asset", fileName, source });
      }
    },
  };
}
