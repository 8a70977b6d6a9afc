import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CertificateRequest, IssuedCertificate } from './certificate-request.js';

/** The library for certificates takes 20 MB, and is needed once in many months: it stays out of this process. */
const PROGRAM = fileURLToPath(new URL('./issue-certificate-process.js', import.meta.url));
const DEADLINE_MS = 60_000;

/** Makes a certificate with a new key (ECDSA, P-256), and an authority if there is none. Rejects if the process fails. */
export async function issueCertificate(
  request: CertificateRequest,
  signal?: AbortSignal,
): Promise<IssuedCertificate> {
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    ...(signal && { signal }),
  });
  const closed = once(child, 'close');
  child.stdin.on('error', () => undefined).end(JSON.stringify(request));
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    closed,
  ]);
  if (code !== 0)
    throw new Error(`a certificate could not be made: ${errors.trim().split('\n')[0] || code}`);
  return JSON.parse(output) as IssuedCertificate;
}
