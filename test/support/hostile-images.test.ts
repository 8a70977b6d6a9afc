import test from 'ava';
import { sha256Of } from '../../core/images/analysis-key.js';
import { bombs, spoiltImages } from './hostile-images.js';

async function take(seed: number, count: number) {
  const taken = [];
  for await (const { name, bytes } of spoiltImages(seed, count))
    taken.push([name, sha256Of(bytes)]);
  return taken;
}

test('there are 2,000 hostile images of all classes, the same ones for the same seed', async (t) => {
  const names = await take(1, 1_950);
  t.is(names.length, 1_950);
  t.deepEqual(await take(1, 100), names.slice(0, 100));
  t.notDeepEqual(await take(2, 100), names.slice(0, 100));
  const classes = names.map(([name]) => name?.split(':')[0]);
  for (const one of ['polyglot', 'cut', 'flip', 'extreme', 'remove', 'repeat'])
    t.true(classes.filter((other) => other === one).length > 40, one);
});

test('no bomb is larger than an upload may be', async (t) => {
  for (const [name, make] of Object.entries(bombs))
    t.true((await make()).length <= 20_000_000, name);
});
