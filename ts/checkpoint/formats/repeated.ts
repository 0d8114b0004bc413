/**
 * Finds what `JSON.parse` silently drops: names that an object holds twice.
 *
 * @module
 */

/**
 * The first name that some object in `json` holds twice, `undefined` if there is none.
 *
 * @param json Known to be valid.
 */
export function repeatedName(json: string): string | undefined {
  // One set for each object or list that is open; those of lists stay empty.
  const open: Set<string>[] = [];
  for (const token of structure(json)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else {
      // Parsed, because "a" and "\u0061" are one name.
      const name: string = JSON.parse(token);
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}

/** The brackets, and the literals of the names. */
function* structure(json: string): Generator<string> {
  for (let at = 0; at < json.length; at++) {
    const character = json.charAt(at);
    if ("{}[]".includes(character)) yield character;
    else if (character === '"') {
      const end = endOfString(json, at);
      if (isName(json, end)) yield json.slice(at, end);
      at = end - 1;
    }
  }
}

// By hand, for a regular expression takes stack for every character, and strings may have millions.
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isName(json: string, end: number): boolean {
  let at = end;
  while (/\s/.test(json.charAt(at))) at++;
  return json[at] === ":";
}
