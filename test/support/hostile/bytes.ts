/** Numbers of a file, highest byte first. */
export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The same bytes again and again. */
export const repeated = (bytes: Buffer, times: number): Buffer =>
  Buffer.alloc(bytes.length * times, bytes);
