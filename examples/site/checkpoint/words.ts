/**
 * Sizes, times and names for people.
 *
 * @module
 */
import { counted } from "../shared/format.ts";

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** `1.2 GB`; decimal units, as disks and browsers have them. */
export function bytesText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** step).toPrecision(3))} ${UNITS[step]}`;
}

/** `40 s`, `3 min`, `2 h`. */
export function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Number((seconds / 3600).toPrecision(2))} h`;
}

/** How far an audit is, by rows and by bytes. */
export interface Progress {
  readonly rows: number;
  readonly allRows: number;
  readonly bytes: number;
  readonly allBytes: number;
  readonly seconds: number;
}

/** `12 of 200 weights · 1.2 of 3.2 GB · 35 MB/s · 40 s left` */
export function progressText({ rows, allRows, bytes, allBytes, seconds }: Progress): string {
  const parts = [`${rows} of ${counted(allRows, "weight")}`, `${bytesText(bytes)} of ${bytesText(allBytes)}`];
  if (bytes > 0 && seconds > 0) {
    const rate = bytes / seconds;
    parts.push(`${bytesText(rate)}/s`, `${timeText((allBytes - bytes) / rate)} left`);
  }
  return parts.join(" · ");
}

/** Names come from files of strangers: what is invisible or would reorder the text around it is shown escaped. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}

/** Cuts out the middle, which in the names of weights tells least. */
export function shortened(text: string, most: number): string {
  const signs = [...visible(text)];
  if (signs.length <= most) return signs.join("");
  const head = Math.ceil((most - 1) / 2);
  return `${signs.slice(0, head).join("")}…${signs.slice(signs.length - (most - 1 - head)).join("")}`;
}

/** The layer that a weight belongs to, as far as its name says: what frameworks append is the same for all. */
export function layerName(name: string): string {
  return name.replace(/[./](?:parametrizations\.weight\.original|weight_orig|weight|kernel)$/, "") || name;
}
