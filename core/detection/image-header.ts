/** What an image's header says, before anything is decoded. */
export interface ImageHeader {
  kind: 'jpeg' | 'png' | 'webp';
  /** Pixels as stored, before EXIF orientation. */
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8; 1 if there is none. */
  orientation: number;
  /**
   * A JPEG without an end-of-image marker after its first scan. Decoders fill what is missing with grey
   * and report nothing; a truncated PNG or WebP fails in its decoder.
   */
  truncated: boolean;
  /** A WebP with several frames, which no decoder here takes. */
  animated: boolean;
}

/** Reads the header of a JPEG (ITU T.81), PNG or WebP (RFC 9649); undefined if it is none or malformed. */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
  try {
    const header = readJpeg(bytes) ?? readPng(bytes) ?? readWebp(bytes);
    return header && header.width > 0 && header.height > 0 ? header : undefined;
  } catch (error) {
    // Reading past the end: the header itself is cut short.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Width and height after EXIF orientation. */
export function uprightSize({ width, height, orientation }: ImageHeader) {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** Segments or chunks that are read at most: a file of nothing else must not keep the process busy. */
const MAX_PARTS = 4096;

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
const START_OF_SCAN = 0xda;
const APP1 = 0xe1;

/** SOF0 to SOF15 without DHT, JPG and DAC, which share their range. */
const isFrameHeader = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

function readJpeg(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let size: { width: number; height: number } | undefined;
  let orientation: number | undefined;
  let at = 2;
  for (let part = 0; part < MAX_PARTS; part++) {
    // Like libjpeg, skip whatever stands between two segments.
    at = bytes.indexOf(0xff, at);
    if (at < 0) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff || marker === 0x00 || standsAlone(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const segment = bytes.subarray(at + 4, at + 2 + bytes.readUInt16BE(at + 2));
    if (isFrameHeader(marker))
      size ??= { height: segment.readUInt16BE(1), width: segment.readUInt16BE(3) };
    if (marker === APP1) orientation ??= exifOrientation(segment);
    if (marker === START_OF_SCAN)
      return (
        size && {
          kind: 'jpeg',
          ...size,
          orientation: orientation ?? 1,
          // Within a scan 0xff is always stuffed, so this marker cannot be pixel data.
          truncated: bytes.lastIndexOf(END_OF_IMAGE) < at,
          animated: false,
        }
      );
    at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function readPng(bytes: Buffer): ImageHeader | undefined {
  if (!bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return undefined;
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return {
    kind: 'png',
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    orientation: pngOrientation(bytes),
    truncated: false,
    animated: false,
  };
}

function pngOrientation(bytes: Buffer): number {
  let at = 8;
  for (let part = 0; part < MAX_PARTS && at + 12 <= bytes.length; part++) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'eXIf')
      return exifOrientation(bytes.subarray(at + 8, at + 8 + length)) ?? 1;
    at += 12 + length;
  }
  return 1;
}

/** A flag of the chunk VP8X. */
const ANIMATION = 0x02;

function readWebp(bytes: Buffer): ImageHeader | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  const size = webpSize(bytes);
  if (!size) return undefined;
  const isExtended = bytes.toString('latin1', 12, 16) === 'VP8X';
  return {
    kind: 'webp',
    ...size,
    orientation: webpOrientation(bytes),
    truncated: false,
    animated: isExtended && (bytes.readUInt8(20) & ANIMATION) !== 0,
  };
}

function webpSize(bytes: Buffer) {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

function webpOrientation(bytes: Buffer): number {
  let at = 12;
  for (let part = 0; part < MAX_PARTS && at + 8 <= bytes.length; part++) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'EXIF')
      return exifOrientation(bytes.subarray(at + 8, at + 8 + length)) ?? 1;
    at += 8 + length + (length % 2);
  }
  return 1;
}

const EXIF_PREFIX = 'Exif\0\0';
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/** The orientation in an EXIF block, which is a TIFF header and its first directory. A damaged block has none. */
function exifOrientation(block: Buffer): number | undefined {
  const tiff =
    block.toString('latin1', 0, 6) === EXIF_PREFIX ? block.subarray(EXIF_PREFIX.length) : block;
  const byteOrder = tiff.toString('latin1', 0, 2);
  if (byteOrder !== 'II' && byteOrder !== 'MM') return undefined;
  const u16 = (at: number) => (byteOrder === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (byteOrder === 'II' ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  try {
    const directory = u32(4);
    const entries = u16(directory);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + i * 12;
      if (u16(entry) !== ORIENTATION_TAG || u16(entry + 2) !== SHORT) continue;
      const value = u16(entry + 8);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}
