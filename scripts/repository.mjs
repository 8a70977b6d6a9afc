// Makes a signed APT repository of the packages, which any static web server can serve:
//   SIGN_KEY=release@example.com npm run repository -- --out DIR --url https://packages.example.com/siteglass
import { resolve } from 'node:path';
import { readOptions, showedHelp } from './lib/options.mjs';
import { makeRepository } from './lib/package-repository.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { checkContact } from './lib/security-contact.mjs';

await runMain(() => {
  if (showedHelp('repository')) return;
  const values = readOptions('repository', {
    packages: { type: 'string', default: 'var/packages' },
    out: { type: 'string' },
    url: { type: 'string' },
  });
  const { out, url } = values;
  const key = process.env.SIGN_KEY;
  if (!out)
    throw new Problem('--out names the folder of the repository, e.g. --out var/repository');
  if (!url || !/^(https?|file):\/\/?\S+$/.test(url))
    throw new Problem(
      '--url is the address at which the folder will be served, e.g. --url https://packages.example.com/siteglass',
    );
  if (!key)
    throw new Problem(
      'SIGN_KEY names the key that signs the repository, e.g. SIGN_KEY=release@example.com. apt installs nothing that is not signed.',
    );
  checkContact(projectRoot, key);
  const written = makeRepository({
    packages: resolve(projectRoot, values.packages),
    out: resolve(projectRoot, out),
    url,
    key,
  });
  console.log(written.join('\n'));
});
