import test from 'ava';
import { pino } from 'pino';
import {
  type BrokerPasswords,
  brokerPasswordFaults,
  checkBrokerPasswords,
} from '../../../core/access/broker-passwords.js';
import { StartError } from '../../../core/runtime/errors.js';
import { silentLogger } from '../../../core/runtime/logger.js';

const broker: BrokerPasswords = {
  host: '0.0.0.0',
  path: 'lan.embedded.accounts',
  accounts: [
    { username: 'wall', password: 'violet tram under rain' },
    { username: 'display', password: 'display' },
    { username: 'panel', password: 'passwordpassword' },
    { username: 'later', password: { file: '/nonexistent/password' } },
  ],
  isEarlierInstallation: false,
};

test('weak passwords of a broker that other machines reach are refused, with the setting and the reason', async (t) => {
  const { errors, warnings } = await brokerPasswordFaults(broker);
  t.deepEqual(
    errors.map(({ path }) => path),
    ['lan.embedded.accounts.1.password', 'lan.embedded.accounts.2.password'],
  );
  t.regex(errors[0]?.message ?? '', /display has 7 characters; at least 12 are needed/);
  t.deepEqual(warnings, []);
  const error = await t.throwsAsync(checkBrokerPasswords(broker, silentLogger()), {
    instanceOf: StartError,
  });
  t.notRegex(error.message, /passwordpassword/);
});

test('on loopback, and in an installation from before the rule, weak passwords are a warning', async (t) => {
  for (const kept of [{ host: '127.0.0.1' }, { host: '::1' }, { isEarlierInstallation: true }]) {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    const { errors, warnings } = await brokerPasswordFaults({ ...broker, ...kept });
    t.deepEqual([errors.length, warnings.length], [0, 2]);
    await checkBrokerPasswords({ ...broker, ...kept }, log);
    t.is(lines.length, 2);
  }
});

test('no broker, and strong passwords, give no fault', async (t) => {
  t.deepEqual(await brokerPasswordFaults(undefined), { errors: [], warnings: [] });
  const strong = { ...broker, accounts: broker.accounts.slice(0, 1) };
  t.deepEqual(await brokerPasswordFaults(strong), { errors: [], warnings: [] });
});
