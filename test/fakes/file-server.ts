import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server with files, whose requests are noted, and which can fail in the ways of real ones. */
export interface FileServer {
  url: string;
  port: number;
  requests: IncomingMessage[];
  /** How the next requests are answered, in their order; later ones as the last of them. */
  answers: Answer[];
}

/** Stops with the test. */
export async function startFileServer(
  t: ExecutionContext,
  ...answers: Answer[]
): Promise<FileServer> {
  const requests: IncomingMessage[] = [];
  const files: FileServer = { url: '', port: 0, requests, answers };
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = files.answers.length > 1 ? files.answers.shift() : files.answers[0];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  files.port = (server.address() as AddressInfo).port;
  files.url = `http://127.0.0.1:${files.port}`;
  return files;
}

export interface ServedFile {
  content: Buffer;
  etag?: string;
  lastModified?: string;
  /** Whether it sends parts; `careless` ignores If-Range. */
  ranges?: boolean | 'careless';
  /** The length is not stated. */
  chunked?: boolean;
  /** After this many bytes of the file the connection is cut, or nothing follows. */
  cutAt?: number;
  stallAt?: number;
}

/** Serves a file as a web server does, or as one that fails on the way. */
export function file(served: ServedFile): Answer {
  const { content, etag, lastModified, ranges = true, chunked = false } = served;
  return (request, response) => {
    const from = ranges === false ? 0 : beginning(request, served);
    if (from > 0 && from >= content.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${content.length}` }).end();
      return;
    }
    const part = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      ...(etag !== undefined && { ETag: etag }),
      ...(lastModified !== undefined && { 'Last-Modified': lastModified }),
      ...(!chunked && { 'Content-Length': part.length }),
      ...(from > 0 && {
        'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}`,
      }),
    });
    response.flushHeaders();
    void send(response, part, from, served);
  };
}

function beginning({ headers }: IncomingMessage, { etag, lastModified, ranges }: ServedFile) {
  const condition = headers['if-range'];
  if (ranges !== 'careless' && condition !== undefined && condition !== (etag ?? lastModified))
    return 0;
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
}

const PIECE = 16 * 1024;

async function send(
  response: ServerResponse,
  part: Buffer,
  from: number,
  { cutAt = Number.POSITIVE_INFINITY, stallAt = Number.POSITIVE_INFINITY }: ServedFile,
): Promise<void> {
  const end = Math.max(0, Math.min(part.length, cutAt - from, stallAt - from));
  for (let at = 0; at < end; at += PIECE) {
    const piece = part.subarray(at, Math.min(at + PIECE, end));
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  if (from + end >= stallAt) return;
  // Node drops what a client has not read when the connection is cut.
  if (from + end >= cutAt) setTimeout(() => response.destroy(), 50);
  else response.end();
}

/** An answer without a file. */
export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(code, headers).end();
  };

export const redirect = (location: string, code = 302): Answer =>
  status(code, { Location: location });

/** No answer at all. */
export const silence: Answer = () => undefined;
