const COM = 0xfe;
const LABEL_BYTES = 16;

/**
 * A JPEG in two pieces, of which the first is different for each number: the start of the image and a comment
 * segment (ITU-T T.81, B.2.4.5). The pixels are the same, so decoding and searching cost the same.
 */
export function uniqueJpeg(jpeg: Buffer, n: number): [Buffer, Buffer] {
  const comment = Buffer.alloc(4 + LABEL_BYTES);
  comment.writeUInt8(0xff, 0);
  comment.writeUInt8(COM, 1);
  comment.writeUInt16BE(2 + LABEL_BYTES, 2);
  comment.write(n.toString(16).padStart(LABEL_BYTES, '0'), 4, 'latin1');
  return [Buffer.concat([jpeg.subarray(0, 2), comment]), jpeg.subarray(2)];
}
