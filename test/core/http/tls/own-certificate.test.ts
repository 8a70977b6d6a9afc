import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pino } from 'pino';
import { OwnCertificate } from '../../../../core/http/tls/own-certificate.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { pemBlocks } from '../../../../core/runtime/tls/pem.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const DAY_MS = 86_400_000;

function certificateIn(folder: string, log = silentLogger()) {
  const state = { now: Date.now(), addresses: ['127.0.0.1', '192.0.2.7'] };
  const create = () =>
    new OwnCertificate({
      folder,
      label: 'harbour',
      names: () => ({ host: 'box', names: ['box', 'box.local'], addresses: state.addresses }),
      log,
      clock: () => state.now,
    });
  return { state, create };
}

const parsed = (chain: string) => {
  const [own = '', authority = ''] = pemBlocks(chain);
  return { own: new X509Certificate(own), authority: new X509Certificate(authority) };
};

test('a certificate names host, site and addresses, is valid for less than 398 days, and its files are private', async (t) => {
  const folder = join(await temporaryFolder(t), 'tls');
  const { create } = certificateIn(folder);
  const { own, authority } = parsed((await create().refresh()).chain);
  t.is(own.subject, 'CN=box\nO=Siteglass harbour');
  for (const name of ['box', 'box.local']) t.truthy(own.checkHost(name), name);
  for (const address of ['127.0.0.1', '192.0.2.7']) t.truthy(own.checkIP(address), address);
  t.false(own.ca);
  t.true(authority.ca);
  t.true(own.verify(authority.publicKey));
  const days = (Date.parse(own.validTo) - Date.parse(own.validFrom)) / DAY_MS;
  t.true(days > 300 && days <= 397, `${days} days`);
  t.true(Date.parse(own.validFrom) < Date.now() - 20 * DAY_MS, 'for clients whose clock is behind');
  for (const file of ['own.pem', 'authority.pem'])
    t.is((await stat(join(folder, file))).mode & 0o777, 0o600, file);
});

test('a restart uses the same certificate', async (t) => {
  const { create } = certificateIn(await temporaryFolder(t));
  const { chain } = await create().refresh();
  t.is((await create().refresh()).chain, chain);
});

test('a certificate is renewed before it expires, and the authority stays', async (t) => {
  const { create, state } = certificateIn(await temporaryFolder(t));
  const certificate = create();
  const first = parsed((await certificate.refresh()).chain);
  state.now += 320 * DAY_MS;
  const next = parsed((await certificate.refresh()).chain);
  t.not(next.own.fingerprint256, first.own.fingerprint256);
  t.is(next.authority.fingerprint256, first.authority.fingerprint256);
  t.true(next.own.verify(first.authority.publicKey));
});

test('a certificate made with a wrong clock is replaced as soon as the clock is right', async (t) => {
  const { create, state } = certificateIn(await temporaryFolder(t));
  const right = state.now;
  const certificate = create();
  for (const [days, title] of [
    [-2_000, 'a clock that is behind'],
    [5_000, 'a clock that is ahead'],
  ] as const) {
    state.now = right + days * DAY_MS;
    await certificate.refresh();
    state.now = right;
    const { own } = parsed((await certificate.refresh()).chain);
    t.true(Date.parse(own.validFrom) < right && Date.parse(own.validTo) > right, title);
  }
});

test('a new address is added; one that comes and goes needs one new certificate only', async (t) => {
  const { create, state } = certificateIn(await temporaryFolder(t));
  const certificate = create();
  await certificate.refresh();
  state.addresses = ['127.0.0.1', 'fd00::9'];
  const second = await certificate.refresh();
  const { own } = parsed(second.chain);
  t.truthy(own.checkIP('fd00::9'));
  t.truthy(own.checkIP('192.0.2.7'), 'the former one stays');
  state.addresses = ['127.0.0.1', '192.0.2.7'];
  t.is((await certificate.refresh()).chain, second.chain);
});

test('a file that is there and cannot be read is logged: clients that pin its authority lose it', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'authority.pem'));
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const { create } = certificateIn(folder, log);
  t.truthy((await create().refresh()).key);
  t.regex(lines[0] ?? '', /authority\.pem.*EISDIR.*stored certificate damaged/);
});

test('a damaged file is replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const { create } = certificateIn(folder);
  const { authority } = parsed((await create().refresh()).chain);
  const whole = await readFile(join(folder, 'own.pem'), 'utf8');
  await writeFile(join(folder, 'own.pem'), whole.slice(0, whole.length / 3));
  const next = parsed((await create().refresh()).chain);
  t.is(next.authority.fingerprint256, authority.fingerprint256);
});
