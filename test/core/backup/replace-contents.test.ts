import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { STAGED } from '../../../core/backup/backup-plan.js';
import {
  finishReplacing,
  replaceContents,
  stagedData,
} from '../../../core/backup/replace-contents.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function dataFolder(t: Parameters<typeof temporaryFolder>[0], staged: string[]) {
  const folder = await temporaryFolder(t);
  for (const name of ['edge.db', 'edge.db-wal', 'kept', 'lock'])
    writeFileSync(join(folder, name), 'old');
  mkdirSync(join(folder, 'images'));
  writeFileSync(join(folder, 'images', 'a'), 'old');
  if (staged.length > 0) mkdirSync(stagedData(folder), { recursive: true });
  for (const name of staged) writeFileSync(join(stagedData(folder), name), 'new');
  return folder;
}

const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).map((entry) => [
      entry.name,
      entry.isFile() ? readFileSync(join(folder, entry.name), 'utf8') : 'folder',
    ]),
  );

class Interrupted extends Error {}

/** Ends at the given step. */
function endsAt(step: number) {
  let steps = 0;
  return () => {
    if (steps++ === step) throw new Interrupted();
  };
}

const NEW = { 'edge.db': 'new', 'admin-token': 'new', kept: 'old', lock: 'old' };
const OLD = { 'edge.db': 'old', 'edge.db-wal': 'old', images: 'folder', kept: 'old', lock: 'old' };

test('the new contents replace all but the lock and what is kept', async (t) => {
  const folder = await dataFolder(t, ['edge.db', 'admin-token']);
  replaceContents(folder, ['kept']);
  t.deepEqual(contents(folder), NEW);
});

test('a reset leaves the lock alone', async (t) => {
  const folder = await dataFolder(t, []);
  replaceContents(folder, []);
  t.deepEqual(contents(folder), { lock: 'old' });
});

test('whatever step interrupts a replacement, all of the old or all of the new is there after the next start', async (t) => {
  let completed = 0;
  let undone = 0;
  for (let step = 0; ; step++) {
    const folder = await dataFolder(t, ['edge.db', 'admin-token']);
    try {
      replaceContents(folder, ['kept'], endsAt(step));
      break;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
    if (finishReplacing(folder)) completed++;
    else undone++;
    t.deepEqual(contents(folder), step === 0 ? OLD : NEW, `step ${step}`);
  }
  t.is(undone, 1);
  t.true(completed >= 10, `${completed} steps`);
});

test('a completion that is interrupted again at any step is completed later', async (t) => {
  for (let first = 1; first < 10; first++)
    for (let second = 0; second < 10; second++) {
      const folder = await dataFolder(t, ['edge.db', 'admin-token']);
      t.throws(() => replaceContents(folder, ['kept'], endsAt(first)), { instanceOf: Interrupted });
      try {
        finishReplacing(folder, endsAt(second));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
      }
      finishReplacing(folder);
      t.deepEqual(contents(folder), NEW, `${first}, then ${second}`);
    }
});

test('contents that were staged and not complete are removed', async (t) => {
  const folder = await dataFolder(t, ['edge.db']);
  t.false(finishReplacing(folder));
  t.false(readdirSync(folder).includes(STAGED));
  t.deepEqual(contents(folder), OLD);
});
