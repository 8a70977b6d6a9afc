import type { IncomingMessage } from 'node:http';
import { snapshotTooLarge } from '../camera.js';

/** Reads the whole body. Aborts as soon as it exceeds `maxBytes`, whatever its Content-Length says. */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const contentLength = Number(response.headers['content-length'] ?? 0);
  if (contentLength > maxBytes) {
    response.destroy();
    throw snapshotTooLarge(maxBytes);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the response, which closes the connection.
    if (bytes > maxBytes) throw snapshotTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
