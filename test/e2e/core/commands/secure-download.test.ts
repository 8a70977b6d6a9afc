import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { type Answer, file, redirect } from '../../../fakes/file-server.js';
import { sha256Of } from '../../../support/model-manifest.js';
import { runToEnd } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const execute = promisify(execFile);
const content = readFileSync(join(projectRoot(), 'cascades', 'stop-sign.xml'));

/** A file server over TLS with a certificate for `localhost` that nobody else signed. */
async function secureServer(t: ExecutionContext, answer: Answer) {
  const folder = await temporaryFolder(t);
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await execute('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ]);
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = createServer(options, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, certificate };
}

/** Adds the file at a URL in a process that trusts the certificate, if there is one. */
async function add(t: ExecutionContext, port: number, environment: Record<string, string> = {}) {
  const dataFolder = join(await temporaryFolder(t), 'data');
  const url = `https://localhost:${port}/halt.xml`;
  const words = ['add', 'halt', '--url', url, '--sha256', sha256Of(content)];
  return runToEnd(t, 'edge', ['detector', ...words, `--set=dataFolder=${dataFolder}`], environment);
}

test('a file is downloaded over TLS if its certificate is trusted, and otherwise not', async (t) => {
  const { port, certificate } = await secureServer(t, file({ content }));
  const trusted = await add(t, port, { NODE_EXTRA_CA_CERTS: certificate });
  t.is(trusted.code, 0, trusted.errors);
  const other = await add(t, port);
  t.is(other.code, 1);
  t.regex(other.errors, /localhost:\d+ was not reached: self-signed certificate/);
  t.notRegex(other.errors, /trying again/);
});

test('a redirect from HTTPS to HTTP is not followed', async (t) => {
  const answer = redirect('http://127.0.0.1:1/halt.xml');
  const { port, certificate } = await secureServer(t, answer);
  const { code, errors } = await add(t, port, { NODE_EXTRA_CA_CERTS: certificate });
  t.is(code, 1);
  t.regex(errors, /redirects from HTTPS to HTTP, which is not followed/);
});

test('a file is downloaded over TLS by way of the proxy that HTTPS_PROXY names', async (t) => {
  const { port, certificate } = await secureServer(t, file({ content }));
  const seen: (string | undefined)[] = [];
  const proxy = createProxy((_, response) => response.writeHead(500).end());
  proxy.on('connect', ({ url, headers }, socket) => {
    seen.push(`${url} ${headers['proxy-authorization']}`);
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const end of [there, socket]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  const address = `me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const environment = { NODE_EXTRA_CA_CERTS: certificate, https_proxy: `http://${address}` };
  const { code, errors } = await add(t, port, environment);
  t.is(code, 0, errors);
  t.deepEqual(seen, [`localhost:${port} Basic ${btoa('me:secret')}`]);
});
