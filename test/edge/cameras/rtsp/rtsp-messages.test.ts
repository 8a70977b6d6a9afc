import test from 'ava';
import {
  encodeMessage,
  headerOf,
  RtspFault,
  RtspSplitter,
  withHeaders,
} from '../../../../edge/cameras/rtsp/rtsp-messages.js';

const packet = (size: number, channel = 0) =>
  Buffer.concat([Buffer.from([0x24, channel, size >> 8, size & 255]), Buffer.alloc(size, 0x24)]);

const text = (value: string) => Buffer.from(value, 'latin1');

test('messages and packets are split wherever the network cuts them', (t) => {
  const stream = Buffer.concat([
    text('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody'),
    packet(300),
    packet(1, 1),
    text('\r\nOPTIONS rtsp://a/b RTSP/1.0\nCSeq: 2\n\n'),
    packet(0),
  ]);
  for (const size of [1, 2, 7, 299, 10_000]) {
    const splitter = new RtspSplitter();
    const parts = [];
    for (let at = 0; at < stream.length; at += size)
      parts.push(...splitter.push(stream.subarray(at, at + size)));
    const messages = parts.flatMap((part) => (part.kind === 'message' ? [part.message] : []));
    t.deepEqual(
      messages.map(({ start, body }) => [start, body.toString()]),
      [
        ['RTSP/1.0 200 OK', 'body'],
        ['OPTIONS rtsp://a/b RTSP/1.0', ''],
      ],
    );
    const packets = parts.flatMap((part) => (part.kind === 'packets' ? [part.bytes] : []));
    t.deepEqual(Buffer.concat(packets), Buffer.concat([packet(300), packet(1, 1), packet(0)]));
  }
});

test('a head or body without end is refused', (t) => {
  for (const endless of [
    text('x'.repeat(70_000)),
    text(`RTSP/1.0 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`),
    text('RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n'),
    text('RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n'),
    text('RTSP/1.0 200 OK\r\nContent-Length: many\r\n\r\n'),
  ])
    t.throws(() => new RtspSplitter().push(endless), { instanceOf: RtspFault });
});

test('a header is replaced whatever its case, and removed', (t) => {
  const message = { start: 'RTSP/1.0 200 OK', headers: ['cseq: 4', 'Public: A'], body: text('') };
  const changed = withHeaders(message, { CSeq: '9', Public: undefined });
  t.is(headerOf(changed, 'cseq'), '9');
  t.is(encodeMessage(changed).toString(), 'RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n');
});
