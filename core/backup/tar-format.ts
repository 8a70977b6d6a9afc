/**
 * The part of POSIX's ustar form (IEEE Std 1003.1, "pax") that a backup uses: regular files with a path of up to 255
 * bytes, and GNU's base-256 form of a size from 8 GiB on. GNU tar reads it. The reader accepts nothing else, so that an
 * archive cannot bring links, devices, folders or sparse files.
 */
export const BLOCK = 512;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** Octal sizes have eleven digits. */
const MAX_OCTAL = 8 ** 11 - 1;

/** A file of an archive. */
export interface TarEntry {
  path: string;
  bytes: number;
}

export class TarError extends Error {
  override readonly name = 'TarError';
}

/** Bytes that fill the last block of a file. */
export const paddingOf = (bytes: number): number => (BLOCK - (bytes % BLOCK)) % BLOCK;

/** The header of a file that its owner alone can read. Throws TarError if the path is too long. */
export function headerOf({ path, bytes }: TarEntry): Buffer {
  const [prefix, name] = splitPath(path);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  writeSize(header, bytes);
  header.write('00000000000\0', 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** The file that a header describes; undefined for the end of the archive. Throws TarError. */
export function readHeader(header: Buffer): TarEntry | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  if (octalAt(header, 148, 8) !== checksumOf(header))
    throw new TarError('a header has the wrong checksum');
  if (header.toString('latin1', 257, 262) !== 'ustar') throw new TarError('it has another form');
  const prefix = textAt(header, 345, PREFIX_BYTES);
  const name = textAt(header, 0, NAME_BYTES);
  const path = prefix ? `${prefix}/${name}` : name;
  if (header[156] !== 0x30)
    throw new TarError(`${JSON.stringify(path)} is a link or another thing that is not a file`);
  return { path, bytes: sizeIn(header) };
}

function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= NAME_BYTES) return ['', path];
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    const fits = Buffer.byteLength(prefix) <= PREFIX_BYTES && Buffer.byteLength(name) <= NAME_BYTES;
    if (fits && name !== '') return [prefix, name];
  }
  throw new TarError(`the path ${path} is too long for an archive`);
}

function writeSize(header: Buffer, bytes: number): void {
  if (bytes <= MAX_OCTAL) {
    header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
    return;
  }
  header[124] = 0x80;
  header.writeUIntBE(bytes, 130, 6);
}

function sizeIn(header: Buffer): number {
  if (header[124] !== 0x80) return octalAt(header, 124, 12);
  if (header.subarray(125, 130).some((byte) => byte !== 0)) throw new TarError('a size is invalid');
  return header.readUIntBE(130, 6);
}

function octalAt(header: Buffer, at: number, length: number): number {
  const text = header.toString('latin1', at, at + length);
  const digits = /^ *([0-7]{1,11})[\0 ]*$/.exec(text)?.[1];
  if (digits === undefined) throw new TarError('a number in a header is invalid');
  return Number.parseInt(digits, 8);
}

/** Invalid UTF-8 would become a path that the archive does not have. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function textAt(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  try {
    return utf8.decode(end < 0 ? field : field.subarray(0, end));
  } catch {
    throw new TarError('a path is not UTF-8');
  }
}

/** The sum of all bytes, with spaces in the place of the checksum. */
function checksumOf(header: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
  return sum;
}
