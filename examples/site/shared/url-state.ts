/**
 * The state of a page in its address, so that a link shows what its sender saw.
 *
 * @module
 */

/** How one part of the state is written, and read back. */
export interface Codec<T> {
  write(value: T): string;
  /** `undefined` for what was not written by {@link Codec.write}. */
  read(text: string): T | undefined;
}

/** A codec for each part of a state. */
export type Codecs<S> = { readonly [K in keyof S]: Codec<S[K]> };

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[]): Codec<T> {
  return { write: (word) => word, read: (text) => words.find((word) => word === text) };
}

/** An integer of a range, both ends included. */
export function integer(least: number, most: number): Codec<number> {
  return {
    write: String,
    read(text) {
      const value = Number(text);
      return /^-?\d{1,9}$/.test(text) && value >= least && value <= most ? value : undefined;
    },
  };
}

/** Finite numbers, as many as `counts` allows. */
export function numbers(...counts: readonly number[]): Codec<readonly number[]> {
  return {
    write: (values) => values.join("_"),
    read(text) {
      const values = text.split("_").map((part) => (part === "" ? Number.NaN : Number(part)));
      return counts.includes(values.length) && values.every(Number.isFinite) ? values : undefined;
    },
  };
}

/** The state that an address carries; what is missing or wrong is as in `defaults`. */
export function readState<S extends object>(search: string, codecs: Codecs<S>, defaults: S): S {
  const query = new URLSearchParams(search);
  const state = { ...defaults };
  for (const key of Object.keys(codecs) as (keyof S & string)[]) {
    const text = query.get(key);
    const value = text === null ? undefined : codecs[key].read(text);
    if (value !== undefined) state[key] = value;
  }
  return state;
}

/** The query of a state, empty where it is `defaults`. */
export function writeState<S extends object>(state: S, codecs: Codecs<S>, defaults: S): string {
  const query = new URLSearchParams();
  for (const key of Object.keys(codecs) as (keyof S & string)[]) {
    const text = codecs[key].write(state[key]);
    if (text !== codecs[key].write(defaults[key])) query.set(key, text);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Browsers refuse more than a hundred changes of the address in half a minute. */
const PAUSE = 300;

/** Writes the state into the address, once changes have come to rest. */
export function keepState<S extends object>(codecs: Codecs<S>, defaults: S): (state: S) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (state) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      history.replaceState(null, "", `${location.pathname}${writeState(state, codecs, defaults)}`);
    }, PAUSE);
  };
}
