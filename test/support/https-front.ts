import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './temporary-folder.js';

/** A certificate that no authority signed, with its key, as files. */
export async function makeCertificate(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=relay', '-keyout', keyFile, '-out', certificateFile],
    ],
    { stdio: 'ignore' },
  );
  return { certificateFile, keyFile };
}

/** A proxy that ends TLS in front of a program, as a balancer does. `target` is where requests go. */
export async function startHttpsFront(
  t: ExecutionContext,
  { certificateFile, keyFile }: { certificateFile: string; keyFile: string },
) {
  const front = { target: '', requests: [] as string[] };
  const server = createServer(
    { cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
    (incoming, outgoing) => {
      front.requests.push(incoming.url ?? '');
      const { method, headers } = incoming;
      const proxied = request(
        new URL(incoming.url ?? '/', front.target),
        { method, headers },
        (r) => {
          outgoing.writeHead(r.statusCode ?? 502, r.headers);
          r.pipe(outgoing);
        },
      );
      proxied.once('error', () => outgoing.writeHead(502).end());
      incoming.pipe(proxied);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(front, { url: `https://127.0.0.1:${port}`, port });
}
