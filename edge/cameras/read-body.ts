import { CameraError } from './camera.js';

/** The whole body, given up as soon as it passes `maxBytes`, whatever length was announced. */
export async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const announced = Number(response.headers.get('content-length') ?? 0);
  if (announced > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(maxBytes);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the body, which closes the connection.
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

export const tooLarge = (maxBytes: number) =>
  new CameraError('too_large', `the snapshot has more than ${maxBytes} bytes`);
