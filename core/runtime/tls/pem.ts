import type { TlsCredentials } from './credentials.js';

/** The blocks of a PEM text, each with its line end. */
export const pemBlocks = (text: string): string[] =>
  (text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g) ?? []).map(
    (block) => `${block}\n`,
  );

/** The key and the certificates in a PEM text, in their order. */
export function pemPartsOf(text: string): TlsCredentials {
  const blocks = pemBlocks(text);
  return {
    key: blocks.filter((block) => block.includes('PRIVATE KEY-----')).join(''),
    chain: blocks.filter((block) => block.includes('BEGIN CERTIFICATE-----')).join(''),
  };
}
