import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Of AES-256-GCM (NIST SP 800-38D), in bytes. */
const NONCE = 12;
const TAG = 16;
const CIPHER = 'aes-256-gcm';
const PURPOSE = 'siteglass sealed text';

/** Fewer characters could be guessed. */
export const MIN_KEY_LENGTH = 32;

/**
 * Encrypts short texts for a place that others can read and write, with AES-256-GCM. The key is derived from a random
 * text (HKDF-SHA-256). A text is bound to its place: elsewhere it cannot be opened.
 */
export class TextSealer {
  readonly #key: Buffer;

  /** `secret` is random, of at least MIN_KEY_LENGTH characters. */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32));
  }

  /** In base64url. */
  seal(text: string, place: string): string {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** Undefined for a text that was changed, or sealed with another key or for another place. */
  open(sealed: string, place: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE + TAG) return undefined;
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE), {
        authTagLength: TAG,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([
        decipher.update(bytes.subarray(NONCE + TAG)),
        decipher.final(),
      ]).toString();
    } catch {
      return undefined;
    }
  }
}
