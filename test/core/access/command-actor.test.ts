import test from 'ava';
import { commandActor } from '../../../core/access/command-actor.js';

test('an operator at the command line has the name of the user, or its number in a container', (t) => {
  t.deepEqual(
    commandActor(() => ({ username: 'ada' })),
    { name: 'ada', kind: 'command' },
  );
  const nameless = commandActor(() => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  });
  t.is(nameless.name, `uid ${process.getuid?.()}`);
});
