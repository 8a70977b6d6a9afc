import { readFile, rm, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { Certificates } from '../../../../core/http/tls/certificates.js';
import { GivenCertificate } from '../../../../core/http/tls/given-certificate.js';
import { StartError } from '../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import type { TlsCredentials } from '../../../../core/runtime/tls/credentials.js';
import { certificateFiles, issueForTest } from '../../../support/certificates.js';
import { eventually } from '../../../support/eventually.js';

async function started(t: ExecutionContext, files: { certificateFile: string; keyFile: string }) {
  const log = silentLogger();
  const provider = new GivenCertificate(files, log);
  const certificates = new Certificates({ provider, isNeeded: true, log, checkMs: 60_000 });
  t.teardown(() => certificates.stop());
  await certificates.start();
  const changes: TlsCredentials[] = [];
  certificates.onChange((next) => changes.push(next));
  return { certificates, changes };
}

test.serial(
  'a given certificate is read again on SIGHUP; files that cannot be used change nothing',
  async (t) => {
    const [first, second] = [await issueForTest(), await issueForTest()];
    const files = await certificateFiles(first);
    const { certificates, changes } = await started(t, files);
    t.true((await certificates.credentials()).chain.startsWith(first.certificate));

    await writeFile(files.keyFile, second.key);
    process.emit('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.deepEqual(changes, [], 'the key does not fit the certificate yet');

    await writeFile(files.certificateFile, second.certificate + second.authority.certificate);
    process.emit('SIGHUP');
    await eventually(() => changes.length === 1);
    t.true(changes[0]?.chain.startsWith(second.certificate));
    t.is(changes[0]?.key, second.key);

    await rm(files.keyFile);
    process.emit('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.is((await certificates.credentials()).key, second.key);
  },
);

test('files that change are found without a signal', async (t) => {
  const [first, second] = [await issueForTest(), await issueForTest()];
  const files = await certificateFiles(first);
  const log = silentLogger();
  const provider = new GivenCertificate(files, log);
  const certificates = new Certificates({ provider, isNeeded: true, log, checkMs: 20 });
  t.teardown(() => certificates.stop());
  await certificates.start();
  await writeFile(files.keyFile, second.key);
  await writeFile(files.certificateFile, second.certificate);
  await eventually(async () => (await certificates.credentials()).key === second.key);
  t.is((await certificates.credentials()).chain, await readFile(files.certificateFile, 'utf8'));
});

test('a start with files that cannot be used fails, and the error names the setting', async (t) => {
  const [first, second] = [await issueForTest(), await issueForTest()];
  const files = await certificateFiles(first);
  await writeFile(files.keyFile, second.key);
  const error = await t.throwsAsync(started(t, files), { instanceOf: StartError });
  t.regex(error.message, /http\.tls\.certificateFile and keyFile cannot be used/);
  await rm(files.certificateFile);
  const missing = await t.throwsAsync(started(t, files), { instanceOf: StartError });
  t.regex(missing.message, /http\.tls\.certificateFile cannot be read/);
});
