import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { guardedLookup, hostFault } from './address-rules.js';

export interface HttpMessage {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Buffer;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  /** Its beginning. */
  text: string;
}

export interface HttpSendOptions {
  allowOwnMachine: boolean;
  timeoutMs: number;
  signal?: AbortSignal;
}

const MAX_ANSWER_BYTES = 4_096;

/**
 * Sends one request on a connection of its own and reads the beginning of the answer. It follows no redirect. Rejects if
 * there is no answer in time, or the address is one to which nothing is sent.
 */
export function sendHttp(message: HttpMessage, options: HttpSendOptions): Promise<HttpAnswer> {
  const { allowOwnMachine, timeoutMs, signal } = options;
  const url = new URL(message.url);
  const fault = hostFault(url.hostname, allowOwnMachine);
  if (fault) return Promise.reject(new Error(fault));
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request: ClientRequest = start(url, {
      method: message.method,
      headers: { ...message.headers, 'Content-Length': message.body.length },
      lookup: guardedLookup(allowOwnMachine),
      agent: false,
      ...(signal && { signal }),
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer within ${Math.round(timeoutMs / 1_000)} s`)),
      timeoutMs,
    );
    request.once('close', () => clearTimeout(timer));
    request.once('error', reject);
    request.once('response', (response) => {
      readBeginning(response).then((text) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        request.destroy();
      }, reject);
    });
    request.end(message.body);
  });
}

async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}
