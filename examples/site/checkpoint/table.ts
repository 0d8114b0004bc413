/**
 * The table: a page of rows at a time, so that thousands of them stay as quick as ten.
 *
 * @module
 */
import { find, html, set } from "../shared/dom.ts";
import { detailsOf } from "./details.ts";
import { type Item, problemsOf } from "./rows.ts";
import type { State } from "./state.ts";
import type { Column, Measured } from "./tasks.ts";
import { shortened, visible } from "./words.ts";

/** Rows on a page. */
export const PAGE_ROWS = 50;

/** A column that is shown, and its place among all cells. */
export interface ShownColumn {
  readonly column: Column;
  readonly index: number;
}

/** What the table shows. */
export interface Shown {
  /** All that pass the filter, in their order. */
  readonly items: readonly Item[];
  readonly columns: readonly ShownColumn[];
  readonly allColumns: readonly Column[];
  readonly state: Pick<State, "sort" | "order" | "row">;
}

interface Line {
  readonly row: HTMLTableRowElement;
  readonly name: HTMLTableCellElement;
  readonly toggle: HTMLButtonElement;
  readonly marks: HTMLElement;
  readonly detail: HTMLTableRowElement;
  /** What the details were made of. */
  detailed: string | undefined;
  measured: Measured | undefined;
  /** Places of the columns that are filled; undefined before. */
  columns: string | undefined;
}

/** What the table asks for. */
export interface Wishes {
  sort(key: string): void;
  open(no: number): void;
}

/** The table with its pager. */
export class Table {
  readonly #head = find("heads", HTMLTableRowElement);
  readonly #body = find("rows", HTMLTableSectionElement);
  readonly #wishes: Wishes;
  #lines = new Map<number, Line>();
  #heads = "";
  #page = 0;
  #shown: Shown | undefined;

  constructor(wishes: Wishes) {
    this.#wishes = wishes;
    for (const [id, by] of [
      ["previous-page", -1],
      ["next-page", 1],
    ] as const) {
      find(id, HTMLButtonElement).addEventListener("click", () => this.#turn(this.#page + by));
    }
  }

  /** Forgets all rows, for another checkpoint. */
  clear(): void {
    this.#lines = new Map();
    this.#page = 0;
    this.#heads = "";
  }

  /** Turns to the page that a row is on. */
  reveal(no: number): void {
    const index = this.#shown?.items.findIndex((item) => item.no === no) ?? -1;
    if (index === -1) return;
    this.#turn(Math.floor(index / PAGE_ROWS));
    this.#lines.get(no)?.row.scrollIntoView({ block: "nearest" });
  }

  /** From the first page on, for the order has changed. */
  rewind(): void {
    this.#page = 0;
  }

  show(shown: Shown): void {
    this.#shown = shown;
    this.#showHeads(shown);
    this.#turn(this.#page);
  }

  #turn(page: number): void {
    const shown = this.#shown;
    if (shown === undefined) return;
    const pages = Math.max(1, Math.ceil(shown.items.length / PAGE_ROWS));
    this.#page = Math.min(pages - 1, Math.max(0, page));
    const begin = this.#page * PAGE_ROWS;
    const items = shown.items.slice(begin, begin + PAGE_ROWS);
    this.#place(items.flatMap((item) => this.#nodesOf(item, shown)));
    find("pager", HTMLElement).hidden = pages === 1;
    find("previous-page", HTMLButtonElement).disabled = this.#page === 0;
    find("next-page", HTMLButtonElement).disabled = this.#page === pages - 1;
    find("page-name", HTMLElement).textContent = `${begin + 1}–${begin + items.length} of ${shown.items.length}`;
  }

  /** Puts rows in their places, moving as few as possible: one that is moved loses the focus. */
  #place(wanted: readonly HTMLElement[]): void {
    let at = this.#body.firstChild;
    for (const node of wanted) {
      if (at === node) at = at.nextSibling;
      else this.#body.insertBefore(node, at);
    }
    while (at !== null) {
      const next: ChildNode | null = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  #showHeads({ columns, state }: Shown): void {
    const all = [
      { key: "no", head: "no.", meaning: "place in the file", isNumber: true },
      { key: "weight", head: "weight", meaning: "name in the file", isNumber: false },
      ...columns.map(({ column }) => column),
    ];
    const signature = all.map(({ key }) => key).join();
    if (signature !== this.#heads) {
      this.#heads = signature;
      this.#head.replaceChildren(...all.map((column) => this.#headOf(column)));
    }
    for (const cell of this.#head.cells) {
      const isSorted = cell.dataset["key"] === state.sort;
      set(cell, { "aria-sort": isSorted ? (state.order === "up" ? "ascending" : "descending") : "none" });
    }
  }

  #headOf({ key, head, meaning, isNumber }: Column): HTMLTableCellElement {
    const button = html("button", { type: "button", title: meaning }, head);
    button.addEventListener("click", () => this.#wishes.sort(key));
    return html("th", { scope: "col", class: isNumber ? `number of-${key}` : `of-${key}`, "data-key": key }, button);
  }

  #nodesOf(item: Item, shown: Shown): readonly HTMLElement[] {
    const line = this.#lines.get(item.no) ?? this.#newLine(item);
    const signature = shown.columns.map(({ index }) => index).join();
    if (line.measured !== item.measured || line.columns !== signature) this.#fill(line, item, shown.columns, signature);
    const isOpen = item.no === shown.state.row;
    set(line.toggle, { "aria-expanded": String(isOpen) });
    if (!isOpen) return [line.row];
    const basis = `${item.measured !== undefined} ${signature}`;
    if (line.detailed !== basis) {
      const details = detailsOf(item, shown.allColumns);
      line.detail.replaceChildren(html("td", { colspan: shown.columns.length + 2 }, details));
      line.detailed = basis;
    }
    return [line.row, line.detail];
  }

  #newLine({ no, job }: Item): Line {
    const label = html("bdi", {}, shortened(job.name, 90));
    const toggle = html("button", { type: "button", class: "open", title: visible(job.name).slice(0, 1000) }, label);
    toggle.addEventListener("click", () => this.#wishes.open(no));
    const marks = html("span", { class: "marks-of" });
    const name = html(
      "td",
      { class: "name" },
      toggle,
      ...(job.kind === "adapter" ? [html("small", {}, "LoRA product")] : []),
      marks,
    );
    const row = html("tr", { "data-no": no }, html("td", { class: "number no" }, String(no)), name);
    const detail = html("tr", { class: "detail" });
    const empty = { detailed: undefined, measured: undefined, columns: undefined };
    const line: Line = { row, name, toggle, marks, detail, ...empty };
    this.#lines.set(no, line);
    return line;
  }

  /** Renews what follows the name, which stays, for it may have the focus. */
  #fill(line: Line, { job, measured }: Item, columns: readonly ShownColumn[], signature: string): void {
    while (line.name.nextSibling !== null) line.name.nextSibling.remove();
    const texts = (column: Column, index: number) => {
      if (measured !== undefined) return measured.cells[index];
      return column.key === "shape" ? { value: null, text: job.shape.join("×") } : undefined;
    };
    line.row.append(...columns.map(({ column, index }) => cellOf(column, texts(column, index))));
    line.row.classList.toggle("is-pending", measured === undefined);
    const problems = measured === undefined ? [] : problemsOf(measured.row);
    line.row.classList.toggle(
      "is-grave",
      problems.some(({ isGrave }) => isGrave),
    );
    line.marks.replaceChildren(
      ...problems.map(({ mark, text, isGrave }) =>
        html("span", { class: isGrave ? "mark-of is-grave" : "mark-of", title: visible(text) }, mark),
      ),
    );
    line.measured = measured;
    line.columns = signature;
  }
}

function cellOf(
  { key, isNumber }: Column,
  cell: { readonly value: number | string | null; readonly text: string } | undefined,
): HTMLTableCellElement {
  const text = cell === undefined ? "" : visible(cell.text);
  const attributes = { class: isNumber ? `number of-${key}` : `of-${key}` };
  if (!isNumber) return html("td", attributes, text);
  const value = typeof cell?.value === "number" ? cell.value : undefined;
  const data = html("data", { value, title: value }, text);
  return html(
    "td",
    key === "spectral_norm" && value !== undefined ? { ...attributes, style: `--value:${value}` } : attributes,
    data,
  );
}
