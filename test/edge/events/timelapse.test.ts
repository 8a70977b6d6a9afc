import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import type { StoredImage } from '../../../core/images/image-table.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { Timelapse, type TimelapseOptions } from '../../../edge/events/pictures/timelapse.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const IMAGE: StoredImage = {
  ...{ id: 'a', sha256: 'a', analysis_key: 'a', camera: 'gate', created_at: 0, expires_at: null },
  ...{ plan: null, failure: null, result: null },
  ...{ media_type: 'image/jpeg', bytes: 1, width: 960, height: 540 },
};

function filmOf(places: string[], more: Partial<TimelapseOptions> = {}) {
  const made: string[] = [];
  const timelapse = new Timelapse({
    images: { find: async (id) => ({ ...IMAGE, id }) },
    renditions: {
      make: async ({ id }) => {
        made.push(id);
        return Buffer.from(`${id}\n`);
      },
    },
    idsBetween: async () => Array.from({ length: 5_000 }, (_, i) => String(i)),
    ...{ log: silentLogger(), places },
    ...more,
  });
  const open = (id = 'user anna') =>
    timelapse.open('gate', { from: 0, to: 1 }, { kind: 'client', id });
  return { open, made, timelapse };
}

/** A program in the place of ffmpeg. */
async function program(folder: string, script: string): Promise<string> {
  const file = join(folder, 'ffmpeg');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

test('without ffmpeg, the answer says what to install', async (t) => {
  const error = await t.throwsAsync(filmOf(['/nowhere/ffmpeg']).open());
  t.like(error, { code: 'ffmpeg_missing', status: 501 });
  t.regex(error?.message ?? '', /apt install ffmpeg/);
});

test('a day with very many pictures is a film of some at even distances', async (t) => {
  const { open, made } = filmOf(['/usr/bin/cat']);
  // `cat` does not know these options, thus ends with an error.
  await t.throwsAsync(async () => buffer(await open()), { message: /not completed/ });
  t.true(made.length <= 1_440);
});

test('each caller has one film at a time, and two are made; one that is not read any more, or takes too long, gives way', async (t) => {
  const folder = await temporaryFolder(t);
  const endless = await program(folder, 'while :; do echo film; sleep 0.05; done');
  const { open, timelapse } = filmOf([endless]);
  const film = await open();
  t.like(await t.throwsAsync(open()), { code: 'rate_limited', status: 429 });
  const other = await open('user ben');
  t.like(await t.throwsAsync(open('user carl')), { code: 'exports_busy', status: 503 });
  film.destroy();
  other.destroy();
  const next = await eventually('its place', () => open().catch(() => undefined));
  await timelapse.stop();
  await t.throwsAsync(buffer(next), { message: /not completed/ }, 'a stop ends it');

  const limited = filmOf([endless], { deadlineMs: 200 });
  await t.throwsAsync(async () => buffer(await limited.open()), { message: /not completed/ });
  (await limited.open()).destroy();
});

test('a film whose client leaves before the first output, or reads nothing, gives its place back', async (t) => {
  const folder = await temporaryFolder(t);
  const silent = filmOf([await program(folder, 'exec sleep 600')]);
  const left = (await silent.open()).resume();
  await new Promise((resolve) => setTimeout(resolve, 50));
  left.destroy();
  const next = await eventually('its place', () => silent.open().catch(() => undefined));
  next.destroy();

  const loud = await program(await temporaryFolder(t), 'while :; do echo film; sleep 0.05; done');
  const limited = filmOf([loud], { deadlineMs: 200 });
  const unread = await limited.open();
  unread.on('error', () => undefined);
  const other = await eventually('its place', () => limited.open().catch(() => undefined));
  t.true(unread.destroyed);
  other.on('error', () => undefined).destroy();
});
