import test from 'ava';
import { isWholeImage } from '../../../../edge/cameras/sources/whole-image.js';
import { jpeg } from '../../support/watched-folder.js';

function png(): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', Buffer.alloc(13)),
    chunk('IDAT', Buffer.from('IEND within the data')),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function webp(): Buffer {
  const bytes = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8 '), Buffer.alloc(50)]);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  return bytes;
}

for (const [format, bytes] of Object.entries({ JPEG: jpeg('a'), PNG: png(), WebP: webp() })) {
  test(`a ${format} is whole at its end, and with bytes after it`, (t) => {
    t.true(isWholeImage(bytes));
    t.true(isWholeImage(Buffer.concat([bytes, Buffer.from('after')])));
  });
  test(`a ${format} is not whole before its end`, (t) => {
    for (let length = 0; length < bytes.length; length++)
      t.false(isWholeImage(bytes.subarray(0, length)), `${length}`);
  });
}
