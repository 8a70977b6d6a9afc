import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { silentLogger } from '../../../core/runtime/logger.js';
import { fingerprintOf } from '../../../core/runtime/tls/fingerprint.js';
import { AccountKeeper } from '../../../edge/enrolment/account-keeper.js';
import { newSitePassword } from '../../../edge/enrolment/enrol.js';
import { type RelayAccount, RelayAccountFiles } from '../../../edge/enrolment/relay-account.js';
import { eventually } from '../../support/eventually.js';
import { makeCertificate, startHttpsFront } from '../../support/https-front.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

for (const during of ['question', 'change'] as const)
  test(`an enrolment while the relay answers a ${during} is kept`, async (t) => {
    const files = new RelayAccountFiles(await temporaryFolder(t));
    const dataFolder = files.passwordFile.replace(/\/[^/]+$/, '');
    const mqtt = { url: 'mqtts://relay', root: 'siteglass', username: 'harbour' };
    const newer = newSitePassword();
    let account: RelayAccount;
    let answered = 0;
    const relay = createServer(async (request, response) => {
      const { next } = JSON.parse(await text(request));
      // An operator enrols again, with a code of the same relay.
      if (during === 'question' || next !== undefined) files.write(account, newer);
      response.end(JSON.stringify({ status: 'OK', rotate: next === undefined, mqtt }));
      answered++;
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    t.teardown(() => void relay.close());
    const certificate = await makeCertificate(t);
    const front = await startHttpsFront(t, certificate);
    const { port } = relay.address() as { port: number };
    front.target = `http://127.0.0.1:${port}`;
    const fingerprint = fingerprintOf(readFileSync(certificate.certificateFile, 'utf8'));
    const address = `127.0.0.1:${front.port}`;
    account = { site: 'harbour', relay: { address, fingerprint }, mqtt };
    files.write(account, newSitePassword());
    const keeper = new AccountKeeper({
      ...{ dataFolder, site: 'harbour', used: account, isUsed: true },
      log: silentLogger(),
      askMs: 3_600_000,
    });
    await keeper.start();
    await eventually('the relay answered', () => answered === (during === 'question' ? 1 : 2));
    await keeper.stop();
    t.is(files.password(), newer);
    t.deepEqual(files.read(), account);
  });
