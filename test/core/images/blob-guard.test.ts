import test from 'ava';
import { BlobGuard } from '../../../core/images/blob-guard.js';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('bytes in use are not removed while any of their users is left', async (t) => {
  const guard = new BlobGuard();
  const first = gate();
  const second = gate();
  const uses = [first, second].map(({ opened }) => guard.use('a', () => opened));
  const remove = () => guard.remove('a', async () => {});
  t.false(await remove());
  first.open();
  await uses[0];
  t.false(await remove());
  t.true(await guard.remove('b', async () => {}), 'others are');
  second.open();
  await uses[1];
  t.true(await remove());
});

test('a user that arrives during a removal waits for its end', async (t) => {
  const guard = new BlobGuard();
  const { open, opened } = gate();
  const notes: string[] = [];
  const removal = guard.remove('a', async () => {
    await opened;
    notes.push('removed');
  });
  const use = guard.use('a', async () => notes.push('used'));
  t.false(await guard.remove('a', async () => {}), 'nor is it removed twice');
  open();
  await Promise.all([removal, use]);
  t.deepEqual(notes, ['removed', 'used']);
});

test('a removal or a use that fails leaves the bytes free for the next', async (t) => {
  const guard = new BlobGuard();
  const failure = () => Promise.reject(new Error('disk'));
  await t.throwsAsync(guard.remove('a', failure), { message: 'disk' });
  await t.throwsAsync(guard.use('a', failure), { message: 'disk' });
  t.true(await guard.remove('a', async () => {}));
});
