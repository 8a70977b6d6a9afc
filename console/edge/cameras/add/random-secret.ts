const BYTES = 16;

/** A secret for uploads, as `openssl rand -hex 16` makes it. */
export const randomSecret = (): string =>
  [...crypto.getRandomValues(new Uint8Array(BYTES))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
