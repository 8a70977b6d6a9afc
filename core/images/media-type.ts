import type { ImageResource } from '../contract/image.js';

export type MediaType = ImageResource['mediaType'];

/** The first bytes of each accepted kind, as hexadecimal digits; dots stand for any. */
const SIGNATURES: [RegExp, MediaType][] = [
  [/^ffd8ff/, 'image/jpeg'],
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^52494646.{8}57454250/, 'image/webp'],
];

/** The kind of an image by its first bytes; undefined if it is none that is accepted. */
export function mediaTypeOf(bytes: Buffer): MediaType | undefined {
  const first = bytes.toString('hex', 0, 12);
  return SIGNATURES.find(([signature]) => signature.test(first))?.[1];
}
