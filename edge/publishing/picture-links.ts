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
 * Addresses of single pictures for programs that cannot send a token, as Home Assistant. An address holds a code
 * (HMAC-SHA256 over the image's id) that only this appliance can make. Anyone with the link sees that one picture.
 */
export class PictureLinks {
  #key: Buffer | undefined;

  /** `file` holds the key, which is made if it is missing or incomplete. */
  constructor(
    private readonly file: string,
    private readonly address: { readonly url: string },
  ) {}

  urlOf(image: string): string {
    return `${this.address.url.replace(/\/+$/, '')}/api/v1/pictures/${image}/${this.#codeOf(image)}`;
  }

  isCodeOf(image: string, code: string): boolean {
    const [given, right] = [Buffer.from(code), Buffer.from(this.#codeOf(image))];
    return given.length === right.length && timingSafeEqual(given, right);
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
  return key.length === KEY_BYTES ? key : makeKey(file);
}

/** Flushed before it has its name, and with it: a power cut leaves a whole key or none, and no address that was given out fails. */
function makeKey(file: string): Buffer {
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
