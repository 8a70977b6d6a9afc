import test from 'ava';
import { PixelMemory } from '../../../../core/detection/worker/pixel-memory.js';

const MEGABYTE = 1_000_000;

test('images share memory, and what a large one needs beyond the usual is released', (t) => {
  const memory = new PixelMemory();
  const usual = memory.take(MEGABYTE);
  t.is(memory.take(100).buffer, usual.buffer);
  t.is(memory.take(100).length, 100);
  const large = memory.take(12 * MEGABYTE);
  large.fill(7);
  memory.trim();
  t.is(large.length, 0);
  t.true(memory.take(1).buffer.byteLength < 2 * MEGABYTE);
  const larger = memory.take(20 * MEGABYTE);
  t.is(larger.length, 20 * MEGABYTE);
  t.is(larger.at(-1), 0);
});
