import type { Header } from './header.js';

const FILE_HEADER = 14;
/** Length of OS/2's first header, whose sizes are of 16 bits. */
const CORE_HEADER = 12;

/** A bitmap of Windows or OS/2. A negative height means that the rows are stored from the top. */
export function readBmpHeader(bytes: Buffer): Header<'bmp'> | undefined {
  if (bytes.toString('latin1', 0, 2) !== 'BM') return undefined;
  const length = bytes.readUInt32LE(FILE_HEADER);
  if (length !== CORE_HEADER && (length < 40 || length > 4096)) return undefined;
  const size =
    length === CORE_HEADER
      ? { width: bytes.readUInt16LE(18), height: bytes.readUInt16LE(20) }
      : { width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)) };
  return { kind: 'bmp', ...size, orientation: 1, animated: false };
}
