import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AcmeCertificate } from '../../../../core/http/tls/acme-certificate.js';
import { AcmeChallenges } from '../../../../core/http/tls/acme-challenges.js';
import type { CertificateProvider } from '../../../../core/http/tls/certificate-provider.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { tlsSettings } from '../../../../core/runtime/tls/tls-settings.js';
import { credentialsOf, issueForTest } from '../../../support/certificates.js';
import { eventually } from '../../../support/eventually.js';
import { type Pebble, startPebble } from '../../../support/pebble.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

async function acmeCertificate(
  t: ExecutionContext,
  { directoryUrl, caFile, httpPort, dnsHook }: Pebble,
  challenge: 'http' | 'dns',
) {
  const fallback = credentialsOf(await issueForTest());
  const own: CertificateProvider = {
    kind: 'own',
    refresh: async () => fallback,
    stored: () => fallback,
  };
  const { acme: settings } = tlsSettings.parse({
    acme: {
      ...{ domains: ['relay.example.org'], directoryUrl, caFile, httpPort, challenge },
      ...{ dnsHook, dnsWaitSeconds: 0 },
    },
  });
  if (!settings) throw new Error('no settings');
  const folder = join(await temporaryFolder(t), 'tls');
  const log = silentLogger();
  const state = { now: Date.now() };
  const stopping = new AbortController();
  t.teardown(() => stopping.abort());
  const certificate = new AcmeCertificate({
    ...{ folder, settings, log, fallback: own, retryMs: 50 },
    challenges: new AcmeChallenges(settings, log),
    clock: () => state.now,
  });
  const refresh = () => certificate.refresh(stopping.signal);
  const issued = (former = fallback) =>
    eventually('a certificate is issued', async () => {
      const next = await refresh();
      return next.chain !== former.chain && next;
    });
  return { refresh, issued, fallback, folder, state };
}

for (const challenge of ['http', 'dns'] as const)
  test(`an authority issues a certificate by a ${challenge} challenge; until then there is the program's own`, async (t) => {
    const pebble = await startPebble(t);
    const { refresh, issued, fallback, folder } = await acmeCertificate(t, pebble, challenge);
    t.is((await refresh()).chain, fallback.chain);
    const { chain } = await issued();
    const certificate = new X509Certificate(chain);
    t.truthy(certificate.checkHost('relay.example.org'));
    t.regex(certificate.issuer, /Pebble/);
    for (const file of ['acme.pem', 'acme-account.json'])
      t.is((await stat(join(folder, file))).mode & 0o777, 0o600, file);
    t.true((await readFile(join(folder, 'acme.pem'), 'utf8')).includes('PRIVATE KEY'));
  });

test('a certificate is renewed with the same account before it expires', async (t) => {
  const pebble = await startPebble(t);
  const { issued, folder, state } = await acmeCertificate(t, pebble, 'http');
  const first = await issued();
  const account = await readFile(join(folder, 'acme-account.json'), 'utf8');
  const { validFrom, validTo } = new X509Certificate(first.chain);
  state.now += (Date.parse(validTo) - Date.parse(validFrom)) * 0.7;
  const next = await issued(first);
  t.not(next.key, first.key);
  t.is(await readFile(join(folder, 'acme-account.json'), 'utf8'), account);
});

test('an order that fails is tried again, and the own certificate stays meanwhile', async (t) => {
  const pebble = await startPebble(t);
  const failing = { ...pebble, dnsHook: '/nonexistent/hook' };
  const { refresh, fallback } = await acmeCertificate(t, failing, 'dns');
  for (let i = 0; i < 3; i++) {
    t.is((await refresh()).chain, fallback.chain);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('a stored certificate that is damaged is logged once, and another one is ordered', async (t) => {
  const fallback = credentialsOf(await issueForTest());
  const { acme: settings } = tlsSettings.parse({
    acme: { domains: ['relay.example.org'], directoryUrl: 'https://127.0.0.1:1/dir' },
  });
  if (!settings) throw new Error('no settings');
  const folder = join(await temporaryFolder(t), 'tls');
  await mkdir(folder);
  const file = join(folder, 'acme.pem');
  await writeFile(file, '-----BEGIN CERTIFICATE-----\nMIIB');
  const lines: unknown[] = [];
  const log = silentLogger();
  log.warn = (...line: unknown[]) => lines.push(line);
  const stopping = new AbortController();
  t.teardown(() => stopping.abort());
  const certificate = new AcmeCertificate({
    ...{ folder, settings, log, retryMs: 60_000 },
    fallback: { kind: 'own', refresh: async () => fallback, stored: () => fallback },
    challenges: new AcmeChallenges(settings, log),
    clock: () => Date.now(),
  });
  for (let i = 0; i < 3; i++)
    t.is((await certificate.refresh(stopping.signal)).chain, fallback.chain);
  t.is(lines.length, 1);
  const [[fields, text]] = lines as [[{ file: string; error: string }, string]];
  t.is(text, 'stored certificate damaged; ordering another one');
  t.is(fields.file, file);
  t.not(fields.error, '');
});
