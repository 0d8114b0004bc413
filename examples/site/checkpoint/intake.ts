/**
 * How a checkpoint comes into the page: dropped, picked, by its address, or as an example.
 *
 * @module
 */
import { find, html } from "../shared/dom.ts";
import { acceptDrops, pickedFiles } from "./drop.ts";
import { candidates, type PickedFile, type Source } from "./sources.ts";

/** What becomes of what comes in. */
export interface Intake {
  /** Files of the own machine. */
  take(source: Source): void;
  /** An address. */
  visit(url: string): void;
  /** Nothing that could be read. */
  refuse(error: unknown): void;
}

/** Listens to all ways in. Returns what forgets the files, when something else is shown. */
export function acceptCheckpoints({ take, visit, refuse }: Intake): () => void {
  const choice = find("main-choice", HTMLSelectElement);
  let files: readonly PickedFile[] = [];
  const offer = (given: readonly PickedFile[]) => {
    const mains = candidates(given.map(({ path }) => path));
    const [main] = mains;
    if (main === undefined) return refuse(new Error("There is no file in what was given."));
    files = given;
    choice.replaceChildren(...mains.map((path) => html("option", { value: path }, path)));
    find("main-field", HTMLElement).hidden = mains.length === 1;
    take({ kind: "files", main, files });
  };
  choice.addEventListener("change", () => take({ kind: "files", main: choice.value, files }));
  for (const id of ["files", "folder"]) {
    const input = find(id, HTMLInputElement);
    input.addEventListener("change", () => {
      const given = pickedFiles(input);
      // A dialog that was canceled gives nothing.
      if (given.length > 0) offer(given);
      // So that the same files can be picked again after they were written anew.
      input.value = "";
    });
  }
  acceptDrops(find("drop", HTMLElement), (dropped) => dropped.then(offer).catch(refuse));
  find("address", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    visit(find("url", HTMLInputElement).value.trim());
  });
  return () => {
    files = [];
    find("main-field", HTMLElement).hidden = true;
  };
}
