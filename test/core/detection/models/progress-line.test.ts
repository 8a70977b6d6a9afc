import test from 'ava';
import { ProgressLine } from '../../../../core/detection/models/progress-line.js';

const MIB = 1024 ** 2;

/** What was written while ten mebibytes arrived in a hundred steps of 50 ms. */
function shown(isTTY: boolean, isKnown = true): string[] {
  const written: string[] = [];
  let now = 0;
  const output = { isTTY, write: (text: string) => written.push(text) };
  const line = new ProgressLine('yolox-nano', output, () => now);
  for (let step = 0; step <= 100; step++, now += 50)
    line.show({ bytes: (step * MIB) / 10, totalBytes: isKnown ? 10 * MIB : undefined });
  line.note('Trying it in a worker.');
  line.end();
  return written;
}

test('without a terminal there is a line every 10 %, with bytes and rate', (t) => {
  const lines = shown(false);
  t.is(lines.length, 12);
  t.is(lines[0], 'yolox-nano  0 %  0 bytes of 10.0 MiB\n');
  t.is(lines[5], 'yolox-nano  50 %  5.0 MiB of 10.0 MiB  2.0 MiB/s\n');
  t.is(lines[10], 'yolox-nano  100 %  10.0 MiB of 10.0 MiB  2.0 MiB/s\n');
  t.is(lines[11], 'Trying it in a worker.\n');
});

test('on a terminal there is one line, which is not written too often', (t) => {
  const written = shown(true);
  const lines = written.filter((text) => text.startsWith('\r\x1b[2K'));
  t.true(lines.length <= 27 && lines.length > 20, `${lines.length}`);
  t.true(lines.every((text) => !text.includes('\n')));
  t.is(lines.at(-1), '\r\x1b[2Kyolox-nano  100 %  10.0 MiB of 10.0 MiB  2.0 MiB/s');
  t.deepEqual(written.slice(-2), ['\n', 'Trying it in a worker.\n']);
});

test('an unknown size has no percentage', (t) => {
  t.deepEqual(shown(false, false), [
    'yolox-nano  0 bytes\n',
    'yolox-nano  4.0 MiB  2.0 MiB/s\n',
    'yolox-nano  8.0 MiB  2.0 MiB/s\n',
    'Trying it in a worker.\n',
  ]);
  t.notRegex(shown(true, false).join(''), /%/);
});
