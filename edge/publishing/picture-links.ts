import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole } from '../../core/store/database-files.js';
import { makeFolder } from '../../core/store/make-folder.js';

const KEY_BYTES = 32;

/**
 * URLs of single images for programs that cannot send a token, such as Home Assistant. A URL contains a code
 * (HMAC-SHA256 over the image's id) that only this appliance can create. Anyone with the link can see that one image.
 */
export class PictureLinks {
  #key: Buffer | undefined;

  /** `file` contains the key, which is created if it is missing or incomplete. */
  constructor(
    private readonly file: string,
    private readonly address: { readonly url: string },
  ) {}

  urlOf(image: string): string {
    return `${this.address.url.replace(/\/+$/, '')}/api/v1/pictures/${image}/${this.#codeOf(image)}`;
  }

  isCodeOf(image: string, code: string): boolean {
    const [actual, expected] = [Buffer.from(code), Buffer.from(this.#codeOf(image))];
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }

  #codeOf(image: string): string {
    this.#key ??= loadKey(this.file);
    return createHmac('sha256', this.#key).update(image).digest('base64url');
  }
}

function loadKey(file: string): Buffer {
  const key = existsSync(file)
    ? Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    : Buffer.alloc(0);
  return key.length === KEY_BYTES ? key : createKey(file);
}

/** After a power failure the key is complete or missing. */
function createKey(file: string): Buffer {
  makeFolder(dirname(file));
  const key = randomBytes(KEY_BYTES);
  writeWhole(file, key.toString('hex'));
  return key;
}
