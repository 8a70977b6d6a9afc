import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { makeRepository } from '../../scripts/lib/package-repository.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

test('a repository without an address, a key or packages is refused, with what to do', async (t) => {
  const out = join(await temporaryFolder(t), 'repository');
  const said = (args: string[], key?: string) =>
    spawnSync(process.execPath, [join(projectRoot(), 'scripts', 'repository.mjs'), ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...(key && { SIGN_KEY: key }) },
    }).stderr;
  const url = '--url=https://packages.example.com/siteglass';
  t.regex(said([]), /--out names the folder/);
  t.regex(said([`--out=${out}`, '--url=siteglass']), /--url is the address/);
  t.regex(said([`--out=${out}`, url]), /SIGN_KEY names the key/);
  // As for packages that are signed: nobody could report a fault of what is published.
  t.regex(said([`--out=${out}`, url], 'release@example.com'), /SECURITY\.md names .*placeholder/);
  const parts = { packages: join(out, 'none'), out, url, key: 'release@example.com' };
  t.throws(() => makeRepository(parts), { message: /has no packages; .* npm run package/ });
});
