import { readSync } from 'node:fs';
import { IMAGE_DESCRIPTOR } from '../protocol.js';

/**
 * Reads the next image from the parent, which has written it before the message of its job. Ends the process if the
 * parent is gone, and if there is no memory for the image: the next job would get what is left of it in the pipe.
 */
export function readImage(bytes: number): Buffer {
  try {
    const image = Buffer.allocUnsafeSlow(bytes);
    for (let at = 0; at < bytes; ) {
      const read = readSync(IMAGE_DESCRIPTOR, image, at, bytes - at, null);
      if (read === 0) process.exit();
      at += read;
    }
    return image;
  } catch (error) {
    process.stderr.write(`an image of ${bytes} bytes cannot be read: ${error}\n`);
    process.exit(1);
  }
}
