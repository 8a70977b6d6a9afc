import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { projectRoot } from '../../core/runtime/project-root.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { makeCertificate, startHttpsFront } from '../support/https-front.js';
import { startSecuredMosquitto } from '../support/mosquitto.js';
import { runProgram, runToEnd, urlOf } from '../support/program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const set = (settings: string[]) => settings.map((setting) => `--set=${setting}`);

function columnOf(file: string, sql: string): string[] {
  const sqlite = new Sqlite(file, { readonly: true, timeout: 5_000 });
  try {
    return sqlite.prepare(sql).pluck().all() as string[];
  } finally {
    sqlite.close();
  }
}

/** A relay behind a proxy with TLS, and an appliance that takes pictures and knows no relay. */
async function bothPrograms(t: ExecutionContext, broker: 'embedded' | 'mosquitto') {
  const folder = await temporaryFolder(t);
  const certificate = await makeCertificate(t);
  const front = await startHttpsFront(t, certificate);
  const mosquitto = broker === 'mosquitto' ? await startSecuredMosquitto(t) : undefined;
  const port = await freePort();
  const brokerUrl = mosquitto?.url ?? `mqtt://127.0.0.1:${port}`;
  const external = mosquitto && {
    ...{ url: mosquitto.url, username: 'relay', password: 'the relay’s own' },
    dynamicSecurity: mosquitto.administrator,
  };
  const relayFolder = join(folder, 'relay');
  const relaySettings = set([
    `dataFolder=${relayFolder}`,
    'http.port=0',
    'detection.workers=1',
    `mqtt=${JSON.stringify(external ? { external } : { embedded: { port } })}`,
    `enrolment=${JSON.stringify({ url: front.url, certificateFile: certificate.certificateFile, brokerUrl })}`,
  ]);
  const relay = runProgram(t, 'cloud-relay', relaySettings);
  front.target = await urlOf(relay);
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  for (const name of ['1-empty-street.jpg', '4-two-signs.jpg'])
    copyFileSync(join(projectRoot(), 'samples', name), join(pictures, name));
  const edgeFolder = join(folder, 'edge');
  const edgeSettings = set([
    `dataFolder=${edgeFolder}`,
    'site=harbour',
    'http.port=0',
    'detection.workers=1',
    'images.minFreeMegabytes=0',
    `cameras=[{ id: street, kind: folder, path: ${pictures}, loop: true, schedule: "* * * * * *" }]`,
  ]);
  const produced = () =>
    columnOf(join(edgeFolder, 'edge.db'), 'select id from image where camera is not null').sort();
  const arrived = () =>
    columnOf(join(relayFolder, 'relay.db'), 'select snapshot from summary').sort();
  return {
    ...{ front, relay, relayFolder, edgeFolder, edgeSettings, produced, arrived, brokerUrl },
    startEdge: () => runProgram(t, 'edge', edgeSettings),
    sites: (...words: string[]) =>
      runToEnd(t, 'cloud-relay', ['sites', ...words, ...relaySettings]),
    edge: (...words: string[]) => runToEnd(t, 'edge', [...words, ...edgeSettings]),
  };
}

const codeIn = (output: string) => /^SG1-\S+$/m.exec(output)?.[0] ?? '';

for (const broker of ['embedded', 'mosquitto'] as const)
  test.serial(
    `a site enrols with a code, rotates its password while it delivers, and is revoked at once: ${broker}`,
    async (t) => {
      t.timeout(400_000);
      const both = await bothPrograms(t, broker);
      const { edgeFolder, produced, arrived, sites, edge, startEdge } = both;
      let program = startEdge();
      await urlOf(program);
      const offered = await sites('enrol', 'harbour');
      t.is(offered.code, 0, offered.errors);
      const code = codeIn(offered.output);
      const enrolled = await edge('enrol', code);
      t.is(enrolled.code, 0, enrolled.errors);
      t.regex(enrolled.output, /harbour is enrolled at 127\.0\.0\.1/);
      t.regex((await edge('audit')).output, /enrolled +.*127\.0\.0\.1/);
      for (const name of ['relay-account.json', 'relay-password'])
        t.is(statSync(join(edgeFolder, name)).mode & 0o777, 0o600);
      const first = readFileSync(join(edgeFolder, 'relay-password'), 'utf8');
      t.false(readFileSync(join(edgeFolder, 'relay-account.json'), 'utf8').includes(first.trim()));
      await eventually(
        'summaries arrive without a restart of the process',
        () => arrived().length > 2,
      );
      t.truthy(await program.logged(({ msg }) => msg === 'restarting'));

      // Only the appliance that has the password may repeat the exchange.
      t.is((await edge('enrol', code)).code, 1, 'a code is good once');
      t.is(readFileSync(join(edgeFolder, 'relay-password'), 'utf8'), first);

      t.is((await sites('rotate', 'harbour')).code, 0);
      await program.logged(({ msg }) => msg === 'the password at the relay was changed');
      const second = readFileSync(join(edgeFolder, 'relay-password'), 'utf8');
      t.not(second, first);
      const before = arrived().length;
      await eventually(
        'summaries arrive with the new password',
        () => arrived().length > before + 1,
      );
      await program.end('SIGKILL');

      // The relay is asked again at the start, and the appliance is killed while it changes the password.
      t.is((await sites('rotate', 'harbour')).code, 0);
      program = startEdge();
      await eventually(
        'the next password is stored',
        () =>
          readFileSync(join(edgeFolder, 'relay-account.json'), 'utf8').includes('"next"') ||
          readFileSync(join(edgeFolder, 'relay-password'), 'utf8') !== second,
      );
      await program.end('SIGKILL');
      program = startEdge();
      await eventually('it is settled', () => {
        const text = readFileSync(join(edgeFolder, 'relay-account.json'), 'utf8');
        return (
          !text.includes('"next"') &&
          readFileSync(join(edgeFolder, 'relay-password'), 'utf8') !== second
        );
      });
      const then = arrived().length;
      await eventually('summaries arrive after the kill', () => arrived().length > then + 1);

      await program.end();
      program = startEdge();
      await program.logged(({ msg }) => msg === 'broker connected');
      await eventually('nothing is lost and nothing is doubled', () => {
        const there = arrived();
        // Before the enrolment there was no relay to report to. The ids rise with the time.
        const made = produced().filter((id) => id >= (there[0] ?? ''));
        return new Set(there).size === there.length && made.length - there.length <= 1;
      });
      const [made, there] = [new Set(produced()), arrived()];
      t.true(there.every((snapshot) => made.has(snapshot)));

      const gone = program.logged(({ msg }) => msg.startsWith('broker connection lost'));
      t.is((await sites('revoke', 'harbour')).code, 0);
      const began = performance.now();
      await gone;
      t.true(performance.now() - began < 2_000, 'when the command ends, or soon after');
      await program.logged(({ msg }) => msg.startsWith('broker connection failed'));
      const last = arrived().length;
      await sleep(2_500);
      t.is(arrived().length, last);
      t.regex((await sites()).output, /harbour +none/);
      for (const { lines } of [both.relay, program])
        t.false(lines.some((line) => [first, second].some((p) => line.includes(p.trim()))));
    },
  );

test.serial(
  'a code is refused for another site, at another relay, with a typo, and beside a configured account',
  async (t) => {
    const { sites, edge, edgeFolder, front, edgeSettings } = await bothPrograms(t, 'embedded');
    const other = codeIn((await sites('enrol', 'depot')).output);
    t.regex(
      (await edge('enrol', other)).errors,
      /the code is for the site depot, and this appliance is harbour/i,
    );
    const code = codeIn((await sites('enrol', 'harbour')).output);
    const typo = code.slice(0, 20) + (code[20] === '7' ? '8' : '7') + code.slice(21);
    const asked = front.requests.length;
    t.regex((await edge('enrol', typo)).errors, /typo/);
    t.is(front.requests.length, asked, 'a typo is found without the relay');
    t.regex(
      (await edge('enrol', code, '--set=mqtt={ url: "mqtt://a", password: b }')).errors,
      /mqtt\.password/,
    );
    t.is((await edge('enrol', code)).code, 0);
    // A newer code replaces the account.
    const newer = codeIn((await sites('enrol', 'harbour')).output);
    const old = readFileSync(join(edgeFolder, 'relay-password'), 'utf8');
    t.is((await edge('enrol', ...newer.split('-'))).code, 0);
    t.not(readFileSync(join(edgeFolder, 'relay-password'), 'utf8'), old);
    t.false(readdirSync(edgeFolder).includes('relay-enrolment.json'));

    // Somebody between them has another certificate.
    const liar = await startHttpsFront(t, await makeCertificate(t));
    const { decodeEnrolmentCode, encodeEnrolmentCode } = await import(
      '../../core/contract/enrolment-code.js'
    );
    const decoded = decodeEnrolmentCode(codeIn((await sites('enrol', 'harbour')).output));
    if ('fault' in decoded) throw new Error(decoded.fault);
    const led = encodeEnrolmentCode({ ...decoded, address: `127.0.0.1:${liar.port}` });
    t.regex((await runToEnd(t, 'edge', ['enrol', led, ...edgeSettings])).errors, /fingerprint/);
    t.deepEqual(liar.requests, [], 'nothing was sent');
  },
);
