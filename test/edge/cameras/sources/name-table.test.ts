import test from 'ava';
import { hashOf, NameTable } from '../../../../edge/cameras/sources/name-table.js';

test('a table of 300,000 names keeps the number of each', (t) => {
  const table = new NameTable();
  for (let i = 0; i < 300_000; i++) table.set(`cam_${i}.jpg`, i);
  for (let i = 0; i < 300_000; i += 7) table.set(`cam_${i}.jpg`, -i);
  t.is(table.size, 300_000);
  let wrong = 0;
  for (let i = 0; i < 300_000; i++)
    if (table.get(`cam_${i}.jpg`) !== (i % 7 === 0 ? -i : i)) wrong++;
  t.is(wrong, 0);
  t.is(table.get('another'), undefined);
});

test('hashes of a million similar names differ, and are safe integers above 0', (t) => {
  const hashes = new Set<number>();
  for (let i = 0; i < 1_000_000; i++) hashes.add(hashOf(`Gate_01_2026112${i}.jpg`));
  t.is(hashes.size, 1_000_000);
  t.true([...hashes].every((hash) => Number.isSafeInteger(hash) && hash > 0));
});
