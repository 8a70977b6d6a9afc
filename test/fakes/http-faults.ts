import { gzipSync } from 'node:zlib';
import type { RawAnswer } from './raw-server.js';

export const TYPE = 'Content-Type: image/jpeg';

/** The head of a response with these headers. */
export const head = (lines: string[], nl = '\r\n', last = nl): string =>
  `HTTP/1.1 200 OK${nl}${lines.map((line) => line + nl).join('')}${last}`;

function chunksOf(picture: Buffer, nl = '\r\n', extension = ''): Buffer[] {
  const size = 8_192;
  return Array.from({ length: Math.ceil(picture.length / size) }, (_, i) => {
    const part = picture.subarray(i * size, (i + 1) * size);
    return Buffer.concat([
      Buffer.from(part.length.toString(16) + extension + nl),
      part,
      Buffer.from(nl),
    ]);
  });
}

/** Responses with a picture, by what is wrong with their HTTP: what curl takes, and what browsers take beyond it. */
export function httpFaults(picture: Buffer): Record<string, RawAnswer> {
  const { length } = picture;
  const whole = `Content-Length: ${length}`;
  const chunks = (nl?: string, extension?: string) => chunksOf(picture, nl, extension);
  return {
    'nothing wrong': [head([TYPE, whole]), picture],
    'line ends without CR': [head([TYPE, whole], '\n'), picture],
    'line ends without CR and no length': [
      'HTTP/1.0 200 OK\nContent-Type: image/jpeg\n\n',
      picture,
    ],
    'a blank line without CR': [head([TYPE, whole], '\r\n', '\n'), picture],
    'one header without CR': [
      `HTTP/1.1 200 OK\r\nServer: cam\n${TYPE}\r\n${whole}\r\n\r\n`,
      picture,
    ],
    'CR doubled': [`HTTP/1.1 200 OK\r\r\n${TYPE}\r\r\n${whole}\r\r\n\r\n`, picture],
    'the length twice': [head([whole, TYPE, whole]), picture],
    'two lengths that differ': [head([whole, TYPE, 'Content-Length: 17']), picture],
    'a list of lengths': [head([`Content-Length: ${length}, ${length}`]), picture],
    'a length that is no number': [head([TYPE, 'Content-Length: -1']), picture],
    'a length beside chunks': [
      head([TYPE, whole, 'Transfer-Encoding: chunked']),
      ...chunks(),
      '0\r\n\r\n',
    ],
    'chunks without an end': [head([TYPE, 'Transfer-Encoding: chunked']), ...chunks()],
    'chunks with LF': [head([TYPE, 'Transfer-Encoding: chunked']), ...chunks('\n'), '0\n\n'],
    'chunks with an extension and a trailer': [
      head([TYPE, 'transfer-encoding: Chunked']),
      ...chunks('\r\n', ';name="value"'),
      '0\r\nX-Sum: 1\r\n\r\n',
    ],
    'chunked announced, and raw bytes': [head([TYPE, 'Transfer-Encoding: chunked']), picture],
    'a control character in a header': [head(['Server: Netwave\x01 Camera', TYPE, whole]), picture],
    'NUL in a header': [head(['Server: a\0b', TYPE, whole]), picture],
    'space before the colon': [
      head(['Content-Type : image/jpeg', `Content-Length : ${length}`]),
      picture,
    ],
    'space in a name': [head(['Cache Control: no-cache', TYPE, whole]), picture],
    'a line without a colon': [head(['what is this', TYPE, whole]), picture],
    'Latin-1 in a header': [head(['Server: K\xe4mera', TYPE, whole]), picture],
    'a folded header': [head(['X-Info: one', '  two', TYPE, whole]), picture],
    '20 KiB of headers': [
      head([
        ...Array.from({ length: 20 }, (_, i) => `Set-Cookie: c${i}=${'x'.repeat(1_000)}`),
        whole,
      ]),
      picture,
    ],
    'no reason': [`HTTP/1.1 200\r\n${whole}\r\n\r\n`, picture],
    'line ends before the status line': [`\r\n\r\n${head([whole])}`, picture],
    'a status line of Icecast': [`ICY 200 OK\r\n${whole}\r\n\r\n`, picture],
    'HTTP/0.9': [picture],
    'HTTP/1.0': [`HTTP/1.0 200 OK\r\n${TYPE}\r\n\r\n`, picture],
    'an interim answer': ['HTTP/1.1 100 Continue\r\n\r\n', head([TYPE, whole]), picture],
    'gzip that was not asked for': [
      head([TYPE, 'Content-Encoding: gzip', `Content-Length: ${gzipSync(picture).length}`]),
      gzipSync(picture),
    ],
    'junk behind the body': [head([TYPE, whole]), picture, '\r\n\r\njunk'],
    'a length that is too long': [head([TYPE, `Content-Length: ${length + 1_000}`]), picture],
    'a length that is too long, and silence': [
      head([TYPE, `Content-Length: ${length + 1_000}`]),
      picture,
      'hang',
    ],
    'no length, and silence': [head([TYPE]), picture, 'hang'],
    'chunks without an end, and silence': [
      head([TYPE, 'Transfer-Encoding: chunked']),
      ...chunks(),
      'hang',
    ],
    'one byte at a time in the head': [...head([TYPE, whole]), picture],
  };
}
