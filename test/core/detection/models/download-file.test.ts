import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DownloadError } from '../../../../core/detection/models/download-error.js';
import {
  type DownloadOptions,
  type DownloadProgress,
  downloadFile,
  type WantedFile,
} from '../../../../core/detection/models/download-file.js';
import { removeOldPartials } from '../../../../core/detection/models/partial-file.js';
import {
  type FileServer,
  file,
  redirect,
  silence,
  startFileServer,
  status,
} from '../../../fakes/file-server.js';
import { noise } from '../../../support/damage.js';
import { smallDisk } from '../../../support/small-disk.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { testWithMount } from '../../../support/test-with-mount.js';

const content = noise(300_000);
const other = noise(300_000, 11);
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const sha256 = sha256Of(content);
const ETAG = '"v1"';

const wantedFrom = (server: FileServer, path = '/yolox_nano.onnx'): WantedFile => ({
  url: new URL(path, server.url),
  sha256,
  bytes: content.length,
  maxBytes: 1_000_000,
});

/** Where the part begins that a request asks for. */
const beginningOf = ({ headers }: { headers: IncomingHttpHeaders }) =>
  Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')?.[1]);

/** Node drops what a client has not read when the connection is cut, so that less may have arrived. */
function resumes(t: ExecutionContext, request: IncomingMessage | undefined, atMost: number) {
  const from = request ? beginningOf(request) : 0;
  t.true(from > 0 && from <= atMost, `from ${from}`);
}

async function setUp(t: ExecutionContext, options: Partial<DownloadOptions> = {}) {
  const folder = options.folder ?? (await temporaryFolder(t));
  const progress: DownloadProgress[] = [];
  const retries: string[] = [];
  const download = async (wanted: WantedFile, more: Partial<DownloadOptions> = {}) => {
    const { limits, ...rest } = { ...options, ...more };
    const partial = await downloadFile(wanted, {
      folder,
      proxies: {},
      userAgent: 'siteglass/test',
      signal: new AbortController().signal,
      onProgress: (seen) => progress.push(seen),
      onRetry: (reason) => retries.push(reason),
      limits: { pauseMs: 1, stallMs: 20_000, connectMs: 20_000, ...limits },
      ...rest,
    });
    return readFile(partial.path);
  };
  const fault = (wanted: WantedFile, more: Partial<DownloadOptions> = {}) =>
    t.throwsAsync(download(wanted, more), { instanceOf: DownloadError });
  return { folder, download, fault, progress, retries };
}

test('a file is downloaded with its progress, from nothing to all of it', async (t) => {
  const server = await startFileServer(t, file({ content, etag: ETAG }));
  const { download, progress } = await setUp(t);
  t.deepEqual(await download(wantedFrom(server)), content);
  t.deepEqual(progress[0], { bytes: 0, totalBytes: content.length });
  t.deepEqual(progress.at(-1), { bytes: content.length, totalBytes: content.length });
  t.true(progress.length > 3);
  t.true(progress.every(({ bytes }, i) => bytes >= (progress[i - 1]?.bytes ?? 0)));
  t.like(server.requests[0]?.headers, {
    'user-agent': 'siteglass/test',
    'accept-encoding': 'identity',
  });
});

for (const validator of [{ etag: ETAG }, { lastModified: 'Thu, 01 Oct 2026 10:00:00 GMT' }, {}])
  test(`a connection cut at many places is resumed each time (${Object.keys(validator)[0] ?? 'no validator'})`, async (t) => {
    const places = [0, 1, 65_536, 150_000, 299_999];
    const server = await startFileServer(
      t,
      ...places.map((cutAt) => file({ content, cutAt, ...validator })),
      file({ content, ...validator }),
    );
    const { download, retries } = await setUp(t);
    t.deepEqual(await download(wantedFrom(server)), content);
    const begun = server.requests.map(beginningOf);
    t.deepEqual(
      begun,
      begun.toSorted((a, b) => a - b),
    );
    for (const [i, at] of places.entries()) t.true((begun[i + 1] ?? 0) <= at, `${begun}`);
    t.true((begun.at(-1) ?? 0) > 65_536, `${begun}`);
    const condition = Object.values(validator)[0];
    t.is(server.requests.at(-1)?.headers['if-range'], condition);
    t.is(retries.length, places.length);
    t.regex(retries[2] ?? '', /^127\.0\.0\.1:\d+ cut the connection$/);
  });

test('a later download goes on where an earlier one gave up', async (t) => {
  const server = await startFileServer(
    t,
    file({ content, etag: ETAG, cutAt: 100_000 }),
    status(500),
  );
  const { download, fault, progress } = await setUp(t);
  t.regex((await fault(wantedFrom(server))).message, /status 500/);
  server.answers = [file({ content, etag: ETAG })];
  progress.length = 0;
  t.deepEqual(await download(wantedFrom(server)), content);
  t.true((progress[0]?.bytes ?? 0) > 0);
  resumes(t, server.requests.at(-1), 100_000);
});

test('a server without ranges is asked for the whole file again', async (t) => {
  const server = await startFileServer(
    t,
    file({ content, etag: ETAG, cutAt: 100_000 }),
    file({ content, etag: ETAG, ranges: false }),
  );
  const { download } = await setUp(t);
  t.deepEqual(await download(wantedFrom(server)), content);
  resumes(t, server.requests[1], 100_000);
});

test('a file that changed between two parts is downloaded from its beginning', async (t) => {
  const server = await startFileServer(
    t,
    file({ content: other, etag: '"v0"', cutAt: 100_000 }),
    file({ content, etag: ETAG }),
  );
  const { download } = await setUp(t);
  t.deepEqual(await download(wantedFrom(server)), content);
  t.is(server.requests[1]?.headers['if-range'], '"v0"');
});

test('parts of two versions are noticed by the hash, and the file is downloaded again', async (t) => {
  const server = await startFileServer(
    t,
    file({ content: other, etag: '"v0"', cutAt: 100_000 }),
    file({ content, etag: ETAG, ranges: 'careless' }),
  );
  const { download } = await setUp(t);
  t.deepEqual(await download(wantedFrom(server)), content);
  resumes(t, server.requests[1], 100_000);
  t.is(server.requests[2]?.headers.range, undefined);
  t.is(server.requests.length, 3);
});

test('what came from another address is not continued', async (t) => {
  const first = await startFileServer(t, file({ content: other, etag: ETAG, cutAt: 50_000 }));
  const { download, fault } = await setUp(t, { limits: { attempts: 1 } });
  await fault(wantedFrom(first));
  const second = await startFileServer(t, file({ content, etag: ETAG }));
  t.deepEqual(await download(wantedFrom(second)), content);
  t.is(second.requests[0]?.headers.range, undefined);
});

test('a part that does not begin where it should is not appended', async (t) => {
  const wrong = (_: unknown, response: ServerResponse) => {
    response.writeHead(206, { 'Content-Range': `bytes 7-${content.length - 1}/${content.length}` });
    response.end(content.subarray(7));
  };
  const server = await startFileServer(
    t,
    file({ content, etag: ETAG, cutAt: 100_000 }),
    wrong,
    file({ content, etag: ETAG }),
  );
  const { download, retries } = await setUp(t);
  t.deepEqual(await download(wantedFrom(server)), content);
  t.regex(retries[1] ?? '', /sent another part/);
});

test('what arrived is dropped if the server has nothing after it', async (t) => {
  const server = await startFileServer(
    t,
    file({ content: other, cutAt: 200_000 }),
    file({ content: content.subarray(0, 1_000) }),
    file({ content }),
  );
  const { download } = await setUp(t);
  t.deepEqual(await download(wantedFrom(server)), content);
});

test('a file with another hash is refused and removed', async (t) => {
  const server = await startFileServer(t, file({ content: other, etag: ETAG }));
  const { fault, folder } = await setUp(t);
  const error = await fault(wantedFrom(server));
  t.is(error.fault, 'hash');
  t.regex(error.message, /not the expected one: its SHA-256 differs/);
  t.is(server.requests.length, 1, 'it is not downloaded twice');
  t.deepEqual(await readdir(folder), []);
});

test('a file with another size is refused before it is downloaded', async (t) => {
  const server = await startFileServer(t, file({ content: Buffer.concat([content, other]) }));
  const { fault, progress } = await setUp(t);
  const error = await fault(wantedFrom(server));
  t.is(error.fault, 'size');
  t.regex(error.message, /it has 600000 bytes instead of 300000/);
  t.deepEqual(progress, []);
});

test('a file that is too large is refused, whether the server says so or not', async (t) => {
  const server = await startFileServer(t, file({ content }), file({ content, chunked: true }));
  const { fault, folder } = await setUp(t);
  const wanted = { ...wantedFrom(server), bytes: undefined, maxBytes: 200_000 };
  t.regex((await fault(wanted)).message, /has 293 KiB; at most 195 KiB are accepted/);
  t.regex((await fault(wanted)).message, /sends more bytes than the file may have/);
  t.is((await stat(join(folder, `${sha256}.part`))).size, 0);
});

test('a file whose length is not stated is downloaded', async (t) => {
  const server = await startFileServer(
    t,
    file({ content, etag: ETAG, chunked: true, cutAt: 70_000 }),
    file({ content, etag: ETAG, chunked: true }),
  );
  const { download } = await setUp(t);
  t.deepEqual(await download({ ...wantedFrom(server), bytes: undefined }), content);
});

test('redirects are followed, and a part is asked of where they lead', async (t) => {
  const storage = await startFileServer(
    t,
    file({ content, etag: ETAG, cutAt: 90_000 }),
    file({ content, etag: ETAG }),
  );
  const server = await startFileServer(t, redirect(`${storage.url}/signed?key=1`));
  const { download } = await setUp(t);
  const url = new URL(`http://user:pass%40word@127.0.0.1:${server.port}/yolox_nano.onnx`);
  t.deepEqual(await download({ ...wantedFrom(server), url }), content);
  const login = `Basic ${btoa('user:pass@word')}`;
  t.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    [login, login],
  );
  t.deepEqual(
    storage.requests.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  );
  resumes(t, storage.requests[1], 90_000);
});

test('endless and unsafe redirects end the download', async (t) => {
  const { fault } = await setUp(t);
  const server = await startFileServer(t, redirect('/again'));
  t.regex((await fault(wantedFrom(server))).message, /redirects more than 8 times/);
  t.is(server.requests.length, 9);
  for (const [location, message] of [
    ['ftp://127.0.0.1/a', /redirects to ftp:, which is not followed/],
    ['file:///etc/passwd', /redirects to file:/],
    ['http://[', /to an address that is no URL/],
  ] as const) {
    server.answers = [redirect(location)];
    t.regex((await fault(wantedFrom(server))).message, message);
  }
  server.answers = [status(302)];
  t.regex((await fault(wantedFrom(server))).message, /without a location/);
});

for (const [code, message] of [
  [401, /asks for a login \(status 401\)/],
  [403, /refuses access \(status 403\)/],
  [404, /does not have it \(status 404\)/],
] as const)
  test(`status ${code} ends the download at once`, async (t) => {
    const server = await startFileServer(t, status(code));
    const { fault, retries } = await setUp(t);
    const url = new URL('/yolox_nano.onnx?signature=secret', server.url);
    const { message: text } = await fault({ ...wantedFrom(server), url });
    t.regex(text, message);
    t.notRegex(text, /secret/);
    t.deepEqual(retries, []);
  });

test('a server that fails for a while is asked again, less and less often', async (t) => {
  const server = await startFileServer(
    t,
    status(503),
    status(429, { 'Retry-After': '1' }),
    file({ content }),
  );
  const pauses: number[] = [];
  const { download } = await setUp(t);
  const options = { onRetry: (_: string, ms: number) => pauses.push(ms) };
  const limits = { pauseMs: 10, maxPauseMs: 200 };
  t.deepEqual(await download(wantedFrom(server), { ...options, limits }), content);
  t.deepEqual(pauses, [10, 200]);
});

test('a server that only fails is given up', async (t) => {
  const server = await startFileServer(t, status(500));
  const { fault } = await setUp(t);
  t.regex((await fault(wantedFrom(server))).message, /status 500/);
  t.is(server.requests.length, 5);
});

test('a server that does not answer, or stops in the middle, is given up in time', async (t) => {
  const server = await startFileServer(t, silence);
  const { fault, download } = await setUp(t);
  const startedAt = performance.now();
  const limits = { attempts: 2, connectMs: 300 };
  t.regex((await fault(wantedFrom(server), { limits })).message, /does not answer/);
  t.true(performance.now() - startedAt < 15_000);
  server.answers = [file({ content, etag: ETAG, stallAt: 50_000 })];
  const stalls = { attempts: 2, stallMs: 1_000 };
  t.regex((await fault(wantedFrom(server), { limits: stalls })).message, /sent no bytes in 1 s/);
  server.answers = [file({ content, etag: ETAG })];
  t.deepEqual(await download(wantedFrom(server)), content);
  resumes(t, server.requests.at(-1), 50_000);
});

test('a server that sends a byte now and then is given up', async (t) => {
  const trickle = (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'Content-Length': content.length });
    const timer = setInterval(() => response.write('x'), 100);
    response.once('close', () => clearInterval(timer));
  };
  const server = await startFileServer(t, trickle);
  const { fault } = await setUp(t, { limits: { attempts: 1, stallMs: 1_000 } });
  t.regex((await fault(wantedFrom(server))).message, /sent \d+ bytes in 1 s/);
});

test('a page instead of the file is recognised, however it is sent', async (t) => {
  const page = Buffer.from('<html>Please log in</html>');
  const compressed = (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(page);
  };
  const server = await startFileServer(
    t,
    file({ content: page, chunked: true }),
    file({ content: page }),
    compressed,
  );
  const { fault, retries } = await setUp(t);
  for (const message of [/has 26 bytes instead of 300000/, /has 26 bytes/, /compressed \(gzip\)/])
    t.regex((await fault(wantedFrom(server))).message, message);
  t.deepEqual(retries, []);
});

test('a host that does not exist or listen is named', async (t) => {
  const { fault } = await setUp(t, { limits: { attempts: 1 } });
  const server = await startFileServer(t);
  const wanted = wantedFrom(server);
  t.regex(
    (await fault({ ...wanted, url: new URL('http://nothing.invalid/a.onnx') })).message,
    /^nothing\.invalid was not reached: its name was not (found|resolved)/,
  );
  t.regex(
    (await fault({ ...wanted, url: new URL('http://127.0.0.1:1/a.onnx') })).message,
    /^127\.0\.0\.1:1 was not reached: it refuses connections/,
  );
});

test('a download that is cancelled keeps what has arrived', async (t) => {
  const server = await startFileServer(t, file({ content, etag: ETAG, stallAt: 50_000 }));
  const { fault, download } = await setUp(t);
  const cancel = new AbortController();
  const onProgress = ({ bytes }: DownloadProgress) => bytes === 50_000 && cancel.abort();
  const error = await fault(wantedFrom(server), { signal: cancel.signal, onProgress });
  t.is(error.fault, 'cancelled');
  server.answers = [file({ content, etag: ETAG })];
  t.deepEqual(await download(wantedFrom(server)), content);
  resumes(t, server.requests.at(-1), 50_000);
});

testWithMount('a file that does not fit is refused before it is downloaded', async (t) => {
  const disk = await smallDisk(t, 4);
  const server = await startFileServer(t, file({ content }));
  const { fault, progress } = await setUp(t, { folder: disk.folder });
  const error = await fault(wantedFrom(server));
  t.is(error.fault, 'no_space');
  t.regex(error.message, /293 KiB more are needed, and 8\.0 MiB stay free; 4\.0 MiB are free/);
  t.deepEqual(progress, []);
});

testWithMount('a disk that becomes full ends the download and gets its space back', async (t) => {
  const disk = await smallDisk(t, 16);
  const large = noise(3_000_000);
  const server = await startFileServer(t, file({ content: large }));
  const { fault, folder, download } = await setUp(t, { folder: join(disk.folder, 'partial') });
  const wanted = { ...wantedFrom(server), sha256: sha256Of(large), bytes: large.length };
  wanted.maxBytes = large.length;
  const onProgress = ({ bytes }: DownloadProgress) => {
    if (bytes > 1_000_000 && !existsSync(join(disk.folder, 'ballast'))) disk.fill();
  };
  const error = await fault(wanted, { onProgress });
  t.is(error.fault, 'no_space');
  t.regex(error.message, /there is not enough space in .*: the disk was full after \d/);
  t.deepEqual(await readdir(folder), []);
  disk.free();
  server.answers = [file({ content: large })];
  t.deepEqual(await download(wanted), large);
});

test('a proxy is used, except for hosts that NO_PROXY names', async (t) => {
  const origin = await startFileServer(t, file({ content }));
  const proxy = await startFileServer(t, file({ content }));
  const { download } = await setUp(t);
  const proxies = { http_proxy: `http://me:secret@127.0.0.1:${proxy.port}` };
  t.deepEqual(await download(wantedFrom(origin), { proxies }), content);
  t.is(origin.requests.length, 0);
  t.is(proxy.requests[0]?.url, `${origin.url}/yolox_nano.onnx`);
  t.is(proxy.requests[0]?.headers.host, `127.0.0.1:${origin.port}`);
  t.is(proxy.requests[0]?.headers['proxy-authorization'], `Basic ${btoa('me:secret')}`);
  const fresh = await setUp(t);
  const except = { ...proxies, NO_PROXY: 'example.org, 127.0.0.1' };
  t.deepEqual(await fresh.download(wantedFrom(origin), { proxies: except }), content);
  t.is(proxy.requests.length, 1);
});

test('a proxy that refuses a tunnel is named', async (t) => {
  const proxy = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const { fault } = await setUp(t);
  const error = await fault(
    { url: new URL('https://models.example.org/a.onnx'), sha256, maxBytes: 1_000 },
    { proxies: { HTTPS_PROXY: `127.0.0.1:${port}` } },
  );
  t.regex(
    error.message,
    /the proxy 127\.0\.0\.1:\d+ refused to connect to models\.example\.org:443/,
  );
});

test('what no download has added to for days is removed', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['old.part', 'new.part']) await writeFile(join(folder, name), 'x');
  const before = new Date(Date.now() - 10 * 86_400_000);
  await utimes(join(folder, 'old.part'), before, before);
  await removeOldPartials(folder, 7 * 86_400_000);
  t.deepEqual(await readdir(folder), ['new.part']);
  await t.notThrowsAsync(removeOldPartials(join(folder, 'missing'), 1));
});
