import test, { type ExecutionContext } from 'ava';
import type { VerifyToken } from '../../../../core/http/authentication.js';
import { route } from '../../../../core/http/route.js';
import { UploadBudget } from '../../../../core/http/upload-budget.js';
import { authenticateByForm } from '../../../../core/images/deepstack/form-authentication.js';
import { FormReceiver, receivedForm } from '../../../../core/images/deepstack/form-receiver.js';
import { eventually } from '../../../support/eventually.js';
import { beginPost, endWith, serveRoute } from '../../../support/route-server.js';

const FILE = 1_000_000;

/** A server whose callers send their token in the form, and share 1 MB until it is verified. */
async function startServer(t: ExecutionContext, verify: VerifyToken) {
  const budget = new UploadBudget({ maxBytes: FILE, maxBytesUnderWay: 4 * FILE });
  const forms = new FormReceiver(budget);
  const upload = route({
    method: 'post',
    path: '/upload',
    tag: 'test',
    summary: 'Upload',
    access: 'operator',
    authenticate: authenticateByForm(forms),
    responses: { 200: { empty: 'Its bytes' } },
    before: [forms.receive],
    handle: (_, ctx) => ({ bytes: receivedForm(ctx).image.length }),
  });
  const port = await serveRoute(t, upload, { authentication: { mode: 'token', verify } });
  return {
    budget,
    /** Sends an image of `bytes` from an address of the loopback network. */
    send(host: string, bytes: number) {
      const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
      const part = (head: string) => `--b\r\nContent-Disposition: form-data; name=${head}\r\n\r\n`;
      const file = `${part('"image"; filename="a"')}${'x'.repeat(bytes)}\r\n`;
      const body = `${file}${part('"api_key"')}sg_key\r\n--b--\r\n`;
      return endWith(beginPost(t, port, host, headers), body);
    },
  };
}

for (const [outcome, status] of [
  ['is known', 200],
  ['is unknown', 401],
] as const)
  test(`a form counts as an unknown caller's until its token is looked up, which ${outcome}`, async (t) => {
    const waiting: (() => void)[] = [];
    const principal = { name: 'a client', role: 'operator', kind: 'token' } as const;
    const { send, budget } = await startServer(t, async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return status === 200 ? principal : undefined;
    });
    const first = send('127.0.0.1', 0.4 * FILE);
    const second = send('127.0.0.2', 0.4 * FILE);
    await eventually('two tokens are looked up', () => waiting.length === 2);
    t.like(await send('127.0.0.3', 0.4 * FILE), { status: 503, code: 'uploads_full' });
    t.is(budget.bytes, 0);
    for (const resolve of waiting.splice(0)) resolve();
    t.is((await first).status, status);
    t.is((await second).status, status);
    const third = send('127.0.0.3', 0.4 * FILE);
    await eventually('the third one is looked up', () => waiting.length === 1);
    waiting[0]?.();
    t.is((await third).status, status);
    t.is(budget.bytes, 0);
  });
