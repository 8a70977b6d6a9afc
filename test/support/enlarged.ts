/** The most that a segment of a JPEG holds, with its marker and its length. */
const SEGMENT_BYTES = 65_537;

/** A JPEG with comments that make it so many bytes large, to within four. What stands behind its end would be cut off. */
export function enlarged(jpeg: Buffer, bytes: number): Buffer {
  const comments: Buffer[] = [];
  for (let left = bytes - jpeg.length; left > 4; left -= SEGMENT_BYTES) {
    const comment = Buffer.alloc(Math.min(left, SEGMENT_BYTES));
    comment.writeUInt16BE(0xfffe);
    comment.writeUInt16BE(comment.length - 2, 2);
    comments.push(comment);
  }
  return Buffer.concat([jpeg.subarray(0, 2), ...comments, jpeg.subarray(2)]);
}
