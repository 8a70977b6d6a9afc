import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readCameraSettings } from '../../../../edge/cameras/managed/read-settings.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

test('a camera does not read the data folder by a link to it', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const place = await temporaryFolder(t);
  await mkdir(join(dataFolder, 'images'));
  await symlink(dataFolder, join(place, 'link'));
  const read = (path: string) =>
    readCameraSettings({ id: 'own', kind: 'folder', path }, { dataFolder });
  for (const path of [dataFolder, join(place, 'link', 'images'), `/proc/self/root${dataFolder}`])
    t.throws(() => read(path), { message: /path: expected a place outside the data folder/ }, path);
  t.like(read(place), { path: place });
  t.like(read('/nowhere/yet'), { path: '/nowhere/yet' });
});
