import test from 'ava';
import { forProcess } from '../../../edge/onvif/discover-in-process.js';
import { discoverySettings } from '../../../edge/onvif/discovery-settings.js';

const withPassword = (password: unknown) =>
  discoverySettings.parse({ auth: { username: 'viewer', password } });

test.serial(
  'the process that searches needs nothing of the environment to read the password',
  (t) => {
    process.env.SITEGLASS_TEST_DISCOVERY = 'text-1';
    t.teardown(() => {
      delete process.env.SITEGLASS_TEST_DISCOVERY;
    });
    const { auth } = forProcess(withPassword({ env: 'SITEGLASS_TEST_DISCOVERY' }));
    t.deepEqual(auth, { username: 'viewer', password: 'text-1' });
    t.deepEqual(forProcess(withPassword('text-2')).auth?.password, 'text-2');
    t.is(forProcess(discoverySettings.parse({})).auth, undefined);
  },
);

test('a password that cannot be read is named, and nothing is searched', (t) => {
  const error = t.throws(() => forProcess(withPassword({ credential: 'nowhere' })));
  t.like(error, { code: 'camera_failed' });
  t.regex(error?.message ?? '', /discovery\.auth cannot be read: the credential nowhere/);
});
