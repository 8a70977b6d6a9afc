import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { receiveImage } from '../../../core/http/raw-upload.js';
import { route } from '../../../core/http/route.js';
import { uploadOf } from '../../../core/http/upload.js';
import { UploadBudget } from '../../../core/http/upload-budget.js';
import { eventually } from '../../support/eventually.js';
import { beginPost, endWith, serveRoute } from '../../support/route-server.js';

const FILE = 1_000_000;
const HEAD = '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n';
const TAIL = '\r\n--b--\r\n';
const forms = {
  'image/jpeg': { head: '', tail: '' },
  'multipart/form-data; boundary=b': { head: HEAD, tail: TAIL },
};
type Type = keyof typeof forms;

/** A server with room for two uploads, which answers with how many bytes one had. */
async function startServer(t: ExecutionContext, type: Type) {
  const room = new UploadBudget({ maxBytes: FILE, maxBytesUnderWay: 2 * FILE });
  const upload = route({
    method: 'post',
    path: '/upload',
    tag: 'test',
    summary: 'Upload',
    access: 'anonymous',
    responses: { 200: { empty: 'Its bytes' } },
    before: [receiveImage(room, () => true)],
    handle: (_, ctx) => ({ bytes: uploadOf(ctx).bytes.length }),
  });
  const port = await serveRoute(t, upload);
  const { head, tail } = forms[type];

  /** Begins an upload of `bytes` from an address of the loopback network. */
  const begin = (host: string, bytes: number) => {
    const headers = { 'Content-Type': type, 'Content-Length': head.length + bytes + tail.length };
    const sent = beginPost(t, port, host, headers);
    sent.flushHeaders();
    return sent;
  };
  return {
    room,
    begin,
    send(host: string, bytes: number) {
      return endWith<{ bytes: number }>(begin(host, bytes), head + 'x'.repeat(bytes) + tail);
    },
    /** Sends nine tenths of an upload, and waits until they have come. */
    async hold(host: string) {
      const before = room.bytes;
      const sent = begin(host, FILE);
      sent.write(head + 'x'.repeat(0.9 * FILE));
      await eventually('the bytes have come', () => room.bytes >= before + 0.9 * FILE);
      return sent;
    },
  };
}

for (const type of Object.keys(forms) as Type[]) {
  test(`an upload that is announced but not sent reserves no budget (${type})`, async (t) => {
    const { begin, send, room } = await startServer(t, type);
    const idle = Array.from({ length: 10 }, () => begin('127.0.0.1', FILE));
    await Promise.all(idle.map((sent) => once(sent, 'socket')));
    t.like(await send('127.0.0.1', FILE), { status: 200, bytes: FILE });
    t.like(await send('127.0.0.1', 1), { status: 200, bytes: 1 });
    t.is(room.bytes, 0);
  });

  test(`one address cannot take the whole upload budget (${type})`, async (t) => {
    const { hold, send, room } = await startServer(t, type);
    const held = await hold('127.0.0.1');
    const refused = await send('127.0.0.1', FILE / 2);
    t.like(refused, { status: 503, code: 'uploads_full', retryAfter: '1' });
    t.is((await send('127.0.0.2', FILE)).status, 200);
    held.destroy();
    await eventually('its room is free', () => room.bytes === 0);
    t.is((await send('127.0.0.1', FILE)).status, 200);
  });

  test(`all uploads in progress together are bounded (${type})`, async (t) => {
    const { hold, send, room } = await startServer(t, type);
    await hold('127.0.0.1');
    const second = await hold('127.0.0.2');
    t.like(await send('127.0.0.3', FILE / 2), { status: 503, code: 'uploads_full' });
    second.destroy();
    await eventually('its room is free', () => room.bytes < FILE);
    t.is((await send('127.0.0.3', FILE)).status, 200);
  });
}

for (const type of Object.keys(forms) as Type[]) {
  test(`uploads that stall lose their places to one that moves (${type})`, async (t) => {
    const { hold, begin, send, room } = await startServer(t, type);
    const stalled = [await hold('127.0.0.2'), await hold('127.0.0.3')];
    const answers = stalled.map((sent) => once(sent, 'response'));
    // One of them sends a few bytes now and then.
    const dribble = setInterval(() => stalled[0]?.write('x'), 100);
    t.teardown(() => clearInterval(dribble));
    await delay(2_500);
    t.like(await send('127.0.0.1', FILE), { status: 200, bytes: FILE });
    const [first] = await Promise.race(answers);
    t.is(first.statusCode, 503);
    begin('127.0.0.4', FILE).write('x'.repeat(FILE / 2));
    await eventually('both are replaced', () => room.bytes <= FILE);
  });

  test(`an address that stalls makes room for its own uploads (${type})`, async (t) => {
    const { hold, send } = await startServer(t, type);
    await hold('127.0.0.2');
    await delay(2_500);
    t.like(await send('127.0.0.2', FILE), { status: 200, bytes: FILE });
  });
}

test('an upload that moves, or that has arrived, keeps its place', (t) => {
  let now = 0;
  const budget = new UploadBudget({ maxBytes: 100_000, maxBytesUnderWay: 200_000 }, () => now);
  const ended: string[] = [];
  const start = (ip: string) => {
    const upload = budget.reserve(ip);
    upload.reading(() => ended.push(ip));
    upload.add(80_000);
    return upload;
  };
  const [moving, arrived] = [start('192.0.2.1'), start('192.0.2.2')];
  arrived.received();
  now = 3_000;
  moving.add(20_000);
  now = 4_500;
  const refused = budget.reserve('192.0.2.3');
  t.throws(() => refused.add(80_000), { code: 'uploads_full' });
  t.deepEqual(ended, []);
  now = 10_000;
  refused.add(80_000);
  t.deepEqual(ended, ['192.0.2.1'], 'it takes long, while others wait');
  t.is(budget.bytes, 160_000);
  moving.release();
  arrived.release();
  refused.release();
  t.is(budget.bytes, 0);
});
