import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
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

/** Flushes the file, renames it and flushes the folder: after a power failure the key is complete or missing. */
function createKey(file: string): Buffer {
  const folder = dirname(file);
  makeFolder(folder);
  const key = randomBytes(KEY_BYTES);
  const temporary = `${file}.new`;
  writeFileSync(temporary, key.toString('hex'), { mode: 0o600, flush: true });
  renameSync(temporary, file);
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return key;
}
