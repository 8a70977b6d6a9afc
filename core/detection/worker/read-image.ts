import { readSync } from 'node:fs';
import { IMAGE_DESCRIPTOR } from '../protocol.js';

/**
 * Reads the next image from the parent, which has written it before the message of its job. Ends the process if the
 * parent is gone.
 */
export function readImage(bytes: number): Buffer {
  const image = Buffer.allocUnsafeSlow(bytes);
  for (let at = 0; at < bytes; ) {
    const read = readSync(IMAGE_DESCRIPTOR, image, at, bytes - at, null);
    if (read === 0) process.exit();
    at += read;
  }
  return image;
}
