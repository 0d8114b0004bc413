/**
 * A server of files that knows ranges, and misbehaves where it is asked to.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { data } from "../cli/run.ts";
import { fixtures } from "./support.ts";

/** A file by its address. */
export interface File {
  readonly size: number;
  read(from: number, to: number): Uint8Array;
}

/** What was asked of the server. */
export interface Upstream {
  readonly host: string;
  readonly base: string;
  /** Bytes of bodies that were sent, and requests. */
  readonly counts: { bytes: number; requests: number };
  /** Files beside those of the project. */
  readonly files: Map<string, File>;
  /** Is called for requests that are not answered, or not to the end, and when one has gone. */
  onHang: (event: "come" | "gone") => void;
  /** What requests below /wait/ wait for. */
  gate: Promise<void>;
  close(): Promise<void>;
}

/** Bytes as a file. */
export function fileOf(bytes: Uint8Array): File {
  return { size: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}

function find(files: ReadonlyMap<string, File>, path: string): File | undefined {
  const known = files.get(path);
  if (known !== undefined) return known;
  const [, folder, name = ""] = /^(data|fixtures)\/([\w.-]+)$/.exec(path) ?? [];
  if (folder === undefined) return undefined;
  try {
    return fileOf(readFileSync((folder === "data" ? data : fixtures) + name));
  } catch {
    return undefined;
  }
}

/** Starts it. Of an address /KIND/PATH, the kind is what to do, and "good" is the right thing. */
export async function startUpstream(): Promise<Upstream> {
  const counts = { bytes: 0, requests: 0 };
  const files = new Map<string, File>();
  const hang = (response: ServerResponse) => {
    response.on("close", () => upstream.onHang("gone"));
    upstream.onHang("come");
  };
  const special: Readonly<Record<string, (response: ServerResponse, path: string) => void>> = {
    hang,
    to: (response, path) => response.writeHead(302, { location: decodeURIComponent(path) }).end(),
    status: (response, path) => response.writeHead(Number(path)).end(),
  };
  const sendRange = (kind: string, file: File, request: IncomingMessage, response: ServerResponse) => {
    const sent = send(kind, file, request, response);
    counts.bytes += sent ?? 0;
    if (sent === undefined) hang(response);
  };
  const server = createServer((request, response) => {
    counts.requests += 1;
    const [, kind = "", path = ""] = /^\/(\w+)\/(.*?)(?:\?.*)?$/.exec(request.url ?? "") ?? [];
    const file = find(files, path);
    const answer = special[kind];
    if (answer !== undefined) answer(response, path);
    else if (file === undefined) response.writeHead(404).end();
    else if (kind === "whole") response.writeHead(200).end(file.read(0, file.size));
    else if (kind === "wait") upstream.gate.then(() => sendRange(kind, file, request, response));
    else sendRange(kind, file, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream: Upstream = {
    host,
    base: `http://${host}`,
    counts,
    files,
    onHang: () => undefined,
    gate: Promise.resolve(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return upstream;
}

/** Sends a range and tells how many bytes it had; undefined where the rest never comes. */
function send(kind: string, file: File, request: IncomingMessage, response: ServerResponse): number | undefined {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from);
  const end = Math.min(Number(to) + 1, file.size);
  const bytes = file.read(start, end);
  response.writeHead(206, {
    "content-range": `bytes ${start}-${end - 1}/${file.size}`,
    "content-length": bytes.length,
    etag: '"1"',
  });
  const half = bytes.subarray(0, bytes.length / 2);
  // What comes after the header of a file breaks off, or never comes.
  if (kind === "cut" && start > 0) response.write(half, () => response.destroy());
  else if (kind === "stall" && start > 0) {
    response.write(half);
    return undefined;
  } else response.end(bytes);
  return bytes.length;
}
