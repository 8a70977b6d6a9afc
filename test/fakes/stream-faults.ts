const text = (value: string) => Buffer.from(value, 'latin1');

/** The headers of a part. */
export const partHead = (length?: number, nl = '\r\n'): Buffer =>
  text(
    `Content-Type: image/jpeg${nl}${length === undefined ? '' : `Content-Length: ${length}${nl}`}${nl}`,
  );

/** Bodies of MJPEG streams as cameras send them, with the boundary `b`; each has `first` as its first whole picture. */
export function streamFaults(first: Buffer, second: Buffer): Record<string, Buffer[]> {
  const part = partHead;
  return {
    'as RFC 2046 has it': [
      text('--b\r\n'),
      part(first.length),
      first,
      text('\r\n--b\r\n'),
      part(),
      second,
    ],
    'no delimiter before the first part': [
      part(first.length),
      first,
      text('\r\n--b\r\n'),
      part(),
      second,
    ],
    'no delimiter, no length': [part(), first, text('\r\n--b\r\n'), part(), second],
    'no part headers': [first, second],
    'line ends without CR': [
      text('--b\n'),
      part(first.length, '\n'),
      first,
      text('\n--b\n'),
      second,
    ],
    'no hyphens': [text('b\r\n'), part(), first, text('\r\nb\r\n'), second],
    'four hyphens': [text('----b\r\n'), part(), first, text('\r\n----b\r\n'), second],
    'an empty first part': [text('--b\r\n\r\n\r\n--b\r\n'), part(), first, text('\r\n--b'), second],
    'a text part first': [
      text('--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n'),
      part(),
      first,
    ],
    'a length that is too short': [text('--b\r\n'), part(100), first, text('\r\n--b\r\n'), second],
    'a length that is too long': [
      text('--b\r\n'),
      part(99_999),
      first,
      text('\r\n--b\r\n'),
      second,
    ],
    'joined in the middle of a picture': [
      second.subarray(2_000),
      text('\r\n--b\r\n'),
      part(),
      first,
      second,
    ],
    'a picture that is cut off first': [
      second.subarray(0, 3_000),
      text('\r\n--b\r\n'),
      part(),
      first,
    ],
    'no end of line behind the picture': [text('--b\r\n'), part(), first, text('--b\r\n'), second],
  };
}
