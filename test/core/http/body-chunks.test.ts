import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { BodyChunks } from '../../../core/http/body-chunks.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const memory = () => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

test('a body is whole, whatever the sizes of its chunks', (t) => {
  const sizes = [0, 1, 5_000, 3, 4_095, 4_096, 70_000, 1, 1, 100_000, 2];
  const chunks = new BodyChunks();
  const parts = sizes.map((size, i) => Buffer.alloc(size, i + 1));
  for (const part of parts) chunks.add(part);
  t.is(chunks.bytes, Buffer.concat(parts).length);
  t.deepEqual(chunks.concat(), Buffer.concat(parts));
  t.is(new BodyChunks().concat().length, 0);
});

test('a body of single bytes takes memory for its bytes, not for its chunks', (t) => {
  const chunks = new BodyChunks();
  const before = memory();
  for (let n = 0; n < 300; n++) {
    // As the parser of a chunked body does it: slices of what was read.
    const read = Buffer.alloc(6_000);
    for (let at = 0; at < 6_000; at += 6) chunks.add(read.subarray(at, at + 1));
  }
  const taken = memory() - before;
  t.is(chunks.bytes, 300_000);
  t.true(taken < 1_500_000, `${taken} bytes`);
});
