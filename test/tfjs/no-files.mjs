/** What a browser has for `node:fs`. */
export function readFileSync(path) {
  throw new Error(`a browser cannot read ${path}`);
}
