import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/temporary-folder.js';

const execute = promisify(execFile);

/** A certificate of old firmware: RSA with 1024 bits, signed with SHA-1, by itself. */
export async function makeOldCertificate(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await execute('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-sha1', '-days', '2', '-subj', '/CN=old'],
    ...['-keyout', key, '-out', cert],
  ]);
  const { stdout } = await execute('openssl', [
    ...['x509', '-in', cert, '-noout', '-fingerprint', '-sha256'],
  ]);
  return {
    key: await readFile(key),
    cert: await readFile(cert),
    fingerprint: stdout.trim().split('=')[1] ?? '',
  };
}

/** A camera over TLS as the options say. Counts the requests that it has read. */
export async function tlsCamera(t: ExecutionContext, picture: Buffer, options: TlsOptions) {
  const seen = { requests: 0 };
  const server = createServer({ ciphers: 'ALL:@SECLEVEL=0', ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      seen.requests++;
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${picture.length}\r\nConnection: close\r\n\r\n`,
      );
      socket.end(picture);
    });
  });
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}/snap.jpg`, seen };
}
