import type { IncomingMessage } from 'node:http';
import { CameraError } from '../camera.js';

/** The whole body, given up as soon as it passes `maxBytes`, whatever length was announced. */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(response.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    response.destroy();
    throw tooLarge(maxBytes);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the response, which closes the connection.
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

export const tooLarge = (maxBytes: number) =>
  new CameraError('too_large', `the snapshot has more than ${maxBytes} bytes`);
