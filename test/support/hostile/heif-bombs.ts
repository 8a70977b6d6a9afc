import sharp from 'sharp';
import { picture } from '../../fakes/damaged-pictures.js';
import { repeated, u16, u32 } from './bytes.js';

const box = (type: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
};

/** A box with a version and flags. */
const full = (type: string, version: number, ...content: Buffer[]) =>
  box(type, u32(version * 2 ** 24), ...content);

/** A box of a file by its type, wherever it is. */
function boxOf(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 0, 'latin1') - 4;
  if (at < 0) throw new Error(`the file has no box ${type}`);
  return file.subarray(at, at + file.readUInt32BE(at));
}

/** A picture whose header has another size than its pixels. */
export function heifThatClaims(
  name: 'av1.avif' | 'hevc.heic',
  width: number,
  height: number,
): Buffer {
  const bytes = Buffer.from(picture(name));
  for (let at = bytes.indexOf('ispe'); at >= 0; at = bytes.indexOf('ispe', at + 4)) {
    bytes.writeUInt32BE(width, at + 8);
    bytes.writeUInt32BE(height, at + 12);
  }
  return bytes;
}

/** An AVIF whose picture is put together from one tile, which it names `columns` × `rows` times. */
export async function gridBomb(side: number, columns: number, rows: number): Promise<Buffer> {
  const tile = await sharp({
    create: { width: side, height: side, channels: 3, background: '#667788' },
  })
    .avif({ effort: 0 })
    .toBuffer();
  const data = boxOf(tile, 'mdat').subarray(8);
  const properties = ['av1C', 'ispe', 'pixi'].map((type) => boxOf(tile, type));
  const size = full('ispe', 0, u32(side * columns), u32(side * rows));
  const ipco = box('ipco', ...properties, size);
  const essential = 0x80;
  const ipma = full(
    ...(['ipma', 0, u32(2)] as const),
    Buffer.concat([u16(1), Buffer.from([3, essential | 1, 2, 3])]),
    Buffer.concat([u16(2), Buffer.from([2, 4, 3])]),
  );
  const item = (id: number, type: string) =>
    full('infe', 2, u16(id), u16(0), Buffer.from(`${type}\0`, 'latin1'));
  const grid = Buffer.concat([
    Buffer.from([0, 1, rows - 1, columns - 1]),
    u32(side * columns),
    u32(side * rows),
  ]);
  const links = Buffer.concat([u16(2), u16(columns * rows), repeated(u16(1), columns * rows)]);
  const ftyp = box('ftyp', Buffer.from('avif\0\0\0\0avifmif1miaf', 'latin1'));
  const meta = (dataAt: number) =>
    full(
      ...(['meta', 0] as const),
      full('hdlr', 0, u32(0), Buffer.from('pict', 'latin1'), Buffer.alloc(13)),
      full('pitm', 0, u16(2)),
      full(
        ...(['iloc', 1, Buffer.from([0x44, 0x00]), u16(2)] as const),
        Buffer.concat([u16(1), u16(0), u16(0), u16(1), u32(dataAt), u32(data.length)]),
        Buffer.concat([u16(2), u16(1), u16(0), u16(1), u32(0), u32(grid.length)]),
      ),
      full('iinf', 0, u16(2), item(1, 'av01'), item(2, 'grid')),
      full('iref', 0, box('dimg', links)),
      box('iprp', ipco, ipma),
      box('idat', grid),
    );
  const dataAt = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(dataAt), box('mdat', data)]);
}
