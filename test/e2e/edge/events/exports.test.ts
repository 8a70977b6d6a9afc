import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { Problem } from '../../../../core/contract/problem.js';
import type { SightingPage } from '../../../../core/contract/sighting.js';
import { API, EMPTY, openStreet, SIGN } from '../../../edge/support/street.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const run = promisify(execFile);

/** What Python, which knows nothing of this program, reads in a file. */
async function python<T>(script: string, file: string): Promise<T> {
  const { stdout } = await run('python3', ['-c', script, file], { maxBuffer: 10_000_000 });
  return JSON.parse(stdout) as T;
}

const READ_CSV = `
import csv, json, sys
print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))))`;

const READ_ZIP = `
import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
coco = json.loads(z.read('annotations.json'))
sizes = {i['file_name']: len(z.read(i['file_name'])) for i in coco['images']}
print(json.dumps({'names': z.namelist(), 'coco': coco, 'sizes': sizes}))`;

interface Coco {
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: {
    image_id: number;
    category_id: number;
    bbox: number[];
    area: number;
    siteglass_sighting: string;
    siteglass_wrong: boolean;
  }[];
  categories: { id: number; name: string }[];
}

test('the export has exactly what the list has: as CSV, and as COCO with pictures', async (t) => {
  const { api, show } = await openStreet(t);
  await show('gate', SIGN, EMPTY, SIGN, EMPTY);
  await show('yard', SIGN, EMPTY);
  const list = await api.get<SightingPage>(t, `${API}/sightings?camera=gate`);
  const [newest, oldest] = list.json.sightings;
  await api.call(t, 'PUT', `${API}/sightings/${oldest?.id}/mark`, {
    body: JSON.stringify({ wrong: true, note: '=HYPERLINK("http://x"),\n"second" line' }),
    headers: { 'Content-Type': 'application/json' },
  });
  const folder = await temporaryFolder(t);
  const csv = join(folder, 'x.csv');
  const exported = await api.get(t, `${API}/sightings/export.csv?camera=gate`);
  t.is(exported.type, 'text/csv');
  t.regex(exported.headers.get('Content-Disposition') ?? '', /^attachment; filename=".*\.csv"$/);
  await writeFile(csv, exported.bytes);
  const rows = await python<Record<string, string>[]>(READ_CSV, csv);
  t.deepEqual(
    rows.map(({ id }) => id),
    [newest?.id, oldest?.id],
  );
  t.like(rows[1], { camera: 'gate', label: 'stop sign', marked_wrong: 'yes', image_stored: 'yes' });
  t.is(rows[1]?.mark_note, `'=HYPERLINK("http://x"),\n"second" line`);
  t.is(rows[0]?.left_at, newest?.leftAt ?? '');

  const zip = join(folder, 'x.zip');
  const archive = await api.get(t, `${API}/sightings/export.coco.zip?camera=gate`);
  t.is(archive.type, 'application/zip');
  await writeFile(zip, archive.bytes);
  const { names, coco, sizes } = await python<{
    names: string[];
    coco: Coco;
    sizes: Record<string, number>;
  }>(READ_ZIP, zip);
  t.is(names.at(-1), 'annotations.json');
  t.is(coco.annotations.length, 2);
  t.deepEqual(
    coco.annotations.map(({ siteglass_sighting, siteglass_wrong }) => [
      siteglass_sighting,
      siteglass_wrong,
    ]),
    [
      [newest?.id ?? '', false],
      [oldest?.id ?? '', true],
    ],
  );
  const { x, y, width, height } = newest?.best.box ?? { x: 0, y: 0, width: 0, height: 0 };
  t.deepEqual(coco.annotations[0]?.bbox, [x, y, width, height]);
  t.is(coco.annotations[0]?.area, width * height);
  t.like(coco.images[0], { width: 960, height: 540 });
  t.deepEqual(
    coco.categories.map(({ name }) => name),
    ['stop sign'],
  );
  t.true(Object.values(sizes).every((size) => size > 1_000));
});

test('an export is for the cameras of its caller, and one that nothing matches is empty but whole', async (t) => {
  const { edge, api, show } = await openStreet(t);
  await show('gate', SIGN, EMPTY);
  const token = await edge.tokens.create('yard only', 'viewer', { cameras: ['yard'] });
  const limited = { Authorization: `Bearer ${token}` };
  for (const name of ['export.csv', 'export.coco.zip']) {
    const path = `${API}/sightings/${name}`;
    t.is((await fetch(`${edge.url}${path}`)).status, 401);
    t.is((await api.get(t, path, limited)).status, 403);
    t.is((await api.get(t, `${path}?camera=gate`, limited)).status, 403);
    t.is((await api.get(t, `${path}?camera=yard`, limited)).status, 200);
    t.is((await api.get(t, `${path}?camera=nothing`)).status, 400);
  }
  const zip = join(await temporaryFolder(t), 'x.zip');
  const archive = await api.get(t, `${API}/sightings/export.coco.zip?camera=yard`);
  await writeFile(zip, archive.bytes);
  const { coco } = await python<{ coco: Coco }>(READ_ZIP, zip);
  t.deepEqual([coco.images, coco.annotations, coco.categories], [[], [], []]);
});

test('a film of a day is MP4; without ffmpeg the answer says what to install', async (t) => {
  const { api, show } = await openStreet(t);
  await show('gate', SIGN, EMPTY, SIGN);
  const day = new Date().toISOString().slice(0, 10);
  const film = `${API}/cameras/gate/timelapse.mp4?day=${day}`;
  if (!existsSync('/usr/bin/ffmpeg')) {
    const missing = await api.get<Problem>(t, film);
    t.is(missing.status, 501);
    t.regex(missing.json.detail ?? '', /apt install ffmpeg/);
    return;
  }
  const { status, type, bytes } = await api.get(t, film);
  t.is(status, 200);
  t.is(type, 'video/mp4');
  const file = join(await temporaryFolder(t), 'x.mp4');
  await writeFile(file, bytes);
  const { stdout } = await run('/usr/bin/ffprobe', [
    ...['-v', 'error', '-count_frames', '-select_streams', 'v', '-of', 'csv=p=0'],
    ...['-show_entries', 'stream=codec_name,width,height,nb_read_frames', file],
  ]);
  t.is(stdout.trim(), 'h264,960,540,3');
  const never = await api.get<Problem>(t, `${API}/cameras/gate/timelapse.mp4?day=2020-02-02`);
  t.is(never.status, 404);
  t.is((await api.get(t, `${API}/cameras/gate/timelapse.mp4?day=2020-02-30`)).status, 400);
});

test('an export ends when its client leaves, and gives its place to the next', async (t) => {
  const { edge, api, show, auth } = await openStreet(t);
  await show('gate', SIGN, EMPTY);
  const leave = (path: string) =>
    new Promise<void>((resolve) => {
      const sent = request(`${edge.url}${path}`, { headers: auth }, (res) => {
        res.destroy();
        resolve();
      });
      sent.end();
    });
  for (let i = 0; i < 5; i++) await leave(`${API}/sightings/export.coco.zip`);
  await eventually(
    'a place',
    async () => (await api.get(t, `${API}/sightings/export.csv`)).status === 200,
  );
});
