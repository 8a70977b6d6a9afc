import { exifOrientation } from './exif-orientation.js';
import { type Header, MAX_PARTS } from './header.js';

const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
/** Fill bytes before markers that are passed over. */
const MAX_FILL_BYTES = 1_000_000;

/** SOF0 to SOF15 without DHT, JPG and DAC, which share their range. */
const isFrameHeader = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** ITU-T T.81, annex B. Throws a RangeError if the bytes end early, as all readers of headers. */
export function readJpegHeader(bytes: Buffer): Header<'jpeg'> | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let size: { width: number; height: number } | undefined;
  let orientation: number | undefined;
  let at = 2;
  let fill = 0;
  for (let part = 0; part < MAX_PARTS; part++) {
    // Like libjpeg, skip whatever stands between two segments.
    at = bytes.indexOf(0xff, at);
    if (at < 0) return undefined;
    // Any number of fill bytes may stand before a marker.
    for (; bytes[at + 1] === 0xff; at++) if (++fill > MAX_FILL_BYTES) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0x00 || standsAlone(marker)) {
      at += 2;
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
          animated: false,
        }
      );
    at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
}
