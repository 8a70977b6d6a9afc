import type { ImageResource } from '../contract/image.js';

export type MediaType = ImageResource['mediaType'];

/** The first bytes of each accepted kind, as hexadecimal digits; dots stand for any. */
const SIGNATURES: [RegExp, MediaType][] = [
  [/^ffd8ff/, 'image/jpeg'],
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^474946383[79]61/, 'image/gif'],
  // The length of the next header follows: of 12, 40, 52, 56, 64, 108 or 124 bytes.
  [/^(49492a00|4d4d002a)/, 'image/tiff'],
  // The brand of a file of boxes.
  [/^.{8}66747970(61766966|61766973)/, 'image/avif'],
  [
    /^.{8}66747970(6d696631|6d736631|6d696166|686569[636d7378]{2}|686576[636d7378]{2})/,
    'image/heic',
  ],
  [/^(ff0a|0000000c4a584c200d0a870a)/, 'image/jxl'],
  [/^424d.{24}(0c|28|34|38|40|6c|7c)000000/, 'image/bmp'],
];

/** The kind of an image by its first bytes; undefined if it is none that is accepted. */
export function mediaTypeOf(bytes: Buffer): MediaType | undefined {
  const first = bytes.toString('hex', 0, 18);
  return SIGNATURES.find(([signature]) => signature.test(first))?.[1];
}
