/**
 * How fast work goes, and how long it will take.
 *
 * @module
 */
import type { Done } from "../audit.js";

/** `35 MB/s, 2 min left`; nothing before there is anything to go by. */
export function describeRate({ bytes, allBytes }: Done, milliseconds: number): string {
  if (bytes === 0 || milliseconds <= 0) return "";
  const perSecond = (bytes / milliseconds) * 1000;
  return `${bytesText(perSecond)}/s, ${timeText((allBytes - bytes) / perSecond)} left`;
}

function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${Number((bytes / 1000 ** step).toPrecision(2))} ${units[step]}`;
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
