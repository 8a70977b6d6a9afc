import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { SecretFiles } from '../../../core/store/secret-files.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('what does not belong in the folder of secrets stops neither a change nor the start', async (t) => {
  const folder = join(await temporaryFolder(t), 'edge.db.secrets');
  const secrets = new SecretFiles(folder);
  const [used, unused] = [await secrets.write('one'), await secrets.write('two')];
  await mkdir(join(folder, 'copy', 'inner'), { recursive: true });
  const { file } = used as { file: string };
  await secrets.collect(new Set([basename(file)]));
  t.true(existsSync(file));
  t.false(existsSync((unused as { file: string }).file));
  t.false(existsSync(join(folder, 'copy')));
});
