import { type Header, MAX_PARTS } from './header.js';

/** A box of an ISO base media file (ISO/IEC 14496-12): its type, and its content. */
interface Box {
  type: string;
  content: Buffer;
}

const BRANDS = /^(avif|avis|mif1|msf1|miaf|hei[cmsx]|hev[cmsx])$/;
const QUARTER_TURN = 1;
/** Tiles that a picture may be put together from; a phone's picture of 48 megapixels has 192. */
const MAX_TILES = 2_000;

/** AVIF and HEIC (ISO/IEC 23008-12): the size of the primary picture, turned as its properties say. */
export function readHeifHeader(bytes: Buffer): Header<'heif'> | undefined {
  if (bytes.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  if (!BRANDS.test(bytes.toString('latin1', 8, 12))) return undefined;
  const meta = find(boxesIn(bytes), 'meta');
  if (!meta) return undefined;
  // The content of these begins with a version and flags.
  const inMeta = boxesIn(meta.subarray(4));
  const properties = find(inMeta, 'iprp');
  const primary = find(inMeta, 'pitm');
  if (!properties || !primary) return undefined;
  const id = primary.readUInt8(0) === 0 ? primary.readUInt16BE(4) : primary.readUInt32BE(4);
  const header = sizeOf(propertiesOf(boxesIn(properties), id));
  const tiles = tilesOf(id, partsIn(find(inMeta, 'iref')));
  if (!header || tiles <= MAX_TILES) return header;
  return { ...header, excess: `it is put together from more than ${MAX_TILES} tiles` };
}

/** The items that each item is put together from (box `iref`, references `dimg`): no more than are counted. */
function partsIn(references: Buffer | undefined): Map<number, number[]> {
  const parts = new Map<number, number[]>();
  if (!references) return parts;
  const bytes = references.readUInt8(0) === 0 ? 2 : 4;
  let left = MAX_TILES + 1;
  for (const { type, content } of boxesIn(references.subarray(4))) {
    if (type !== 'dimg') continue;
    const from = content.readUIntBE(0, bytes);
    const ids = parts.get(from) ?? [];
    parts.set(from, ids);
    const count = Math.min(left, content.readUInt16BE(bytes));
    for (let i = 0; i < count; i++) ids.push(content.readUIntBE(bytes + 2 + i * bytes, bytes));
    left -= count;
  }
  return parts;
}

/** How many items are decoded for one, those of its parts included. It stops to count soon beyond the limit. */
function tilesOf(item: number, parts: Map<number, number[]>): number {
  let tiles = 0;
  const waiting = [item];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const ids = parts.get(next) ?? [];
    tiles += ids.length;
    // An item that is a part of itself has no end.
    if (tiles > MAX_TILES) return tiles;
    waiting.push(...ids);
  }
  return tiles;
}

function sizeOf(properties: Box[]): Header<'heif'> | undefined {
  const size = find(properties, 'ispe');
  if (!size) return undefined;
  const [width, height] = [size.readUInt32BE(4), size.readUInt32BE(8)];
  const rotation = find(properties, 'irot')?.readUInt8(0) ?? 0;
  const turned = rotation % 2 === QUARTER_TURN;
  return {
    kind: 'heif',
    width: turned ? height : width,
    height: turned ? width : height,
    // The decoder turns it.
    orientation: 1,
    animated: false,
  };
}

/** The properties that are associated with an item (box `ipma`). */
function propertiesOf(boxes: Box[], wanted: number): Box[] {
  const all = boxesIn(find(boxes, 'ipco') ?? Buffer.alloc(0));
  const associations = find(boxes, 'ipma');
  if (!associations) return [];
  const [hasLongIds, hasLongIndices] = [
    associations.readUInt8(0) > 0,
    (associations.readUInt8(3) & 1) === 1,
  ];
  let at = 8;
  for (let left = Math.min(MAX_PARTS, associations.readUInt32BE(4)); left > 0; left--) {
    const id = hasLongIds ? associations.readUInt32BE(at) : associations.readUInt16BE(at);
    at += hasLongIds ? 4 : 2;
    const count = associations.readUInt8(at++);
    const indices = Array.from({ length: count }, (_, i) =>
      hasLongIndices
        ? associations.readUInt16BE(at + 2 * i) & 0x7fff
        : associations.readUInt8(at + i) & 0x7f,
    );
    if (id === wanted) return indices.flatMap((index) => all[index - 1] ?? []);
    at += count * (hasLongIndices ? 2 : 1);
  }
  return [];
}

function boxesIn(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length && boxes.length < MAX_PARTS; ) {
    const short = bytes.readUInt32BE(at);
    const isLong = short === 1 && at + 16 <= bytes.length;
    const head = isLong ? 16 : 8;
    // A length of 0 reaches to the end.
    const length = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short || bytes.length - at;
    if (length < head) return boxes;
    const type = bytes.toString('latin1', at + 4, at + 8);
    boxes.push({ type, content: bytes.subarray(at + head, at + length) });
    at += length;
  }
  return boxes;
}

const find = (boxes: Box[], type: string): Buffer | undefined =>
  boxes.find((box) => box.type === type)?.content;
