import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { fromSchema, toSchema } from '../../../core/contract/query.js';
import { projectRoot } from '../../../core/runtime/project-root.js';

/** What a machine in a time zone reads. */
function readIn(zone: string, from: string, to: string): string[] {
  const module = join(projectRoot(), 'dist', 'core', 'contract', 'query.js');
  const script = `import('${module}').then(({ fromSchema, toSchema }) =>
    console.log(fromSchema('a').parse('${from}') + ' ' + toSchema('a').parse('${to}')))`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], {
    env: { ...process.env, TZ: zone },
    encoding: 'utf8',
  });
  return stdout.trim().split(' ');
}

test('a date is a whole day at the site, also on the days on which clocks are set', (t) => {
  t.deepEqual(readIn('Europe/Berlin', '2026-11-27', '2026-11-27'), [
    '2026-11-26T23:00:00.000Z',
    '2026-11-27T23:00:00.000Z',
  ]);
  t.deepEqual(readIn('Europe/Berlin', '2026-03-29', '2026-03-29'), [
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ]);
  t.deepEqual(readIn('America/New_York', '2026-02-28', '2026-12-31'), [
    '2026-02-28T05:00:00.000Z',
    '2027-01-01T05:00:00.000Z',
  ]);
});

test('a time with an offset is converted, also if its plus sign was not encoded', (t) => {
  for (const [text, instant] of [
    ['2026-11-27T09:30:00+01:00', '2026-11-27T08:30:00.000Z'],
    ['2026-11-27T09:30:00 01:00', '2026-11-27T08:30:00.000Z'],
    ['2026-11-27T01:30-07:00', '2026-11-27T08:30:00.000Z'],
    ['2026-11-27T08:30:00.123Z', '2026-11-27T08:30:00.123Z'],
    ['2026-11-27t08:30:00z', '2026-11-27T08:30:00.000Z'],
  ] as const) {
    t.is(fromSchema('a').parse(text), instant, text);
    t.is(toSchema('a').parse(text), instant, text);
  }
});

test('what is neither is refused with the valid forms', (t) => {
  for (const text of [
    ...['', 'yesterday', '27.11.2026', '2026-11', '2026-02-30', '2026-13-01', '0000-01-01'],
    ...['2026-11-27T08:30:00', '2026-02-30T08:30:00Z', '2026-11-27T25:00Z', '1790000000'],
    ...['2026-11-27T08:30:00+99:00', ' 2026-11-27'],
  ]) {
    const { error } = fromSchema('a').safeParse(text);
    t.is(error?.issues.length, 1, text);
    t.regex(error?.issues[0]?.message ?? '', /expected a date \(2026-11-27\), or a time with Z/);
  }
});
