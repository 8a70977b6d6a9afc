import test from 'ava';
import type { OnnxRuntime } from '../../../../../core/detection/onnx/runtime.js';
import { ModelCache } from '../../../../../core/detection/worker/backends/model-cache.js';
import { squareModel } from '../../../../support/square-model.js';
import { modelFile } from '../../onnx-setup.js';

/** A runtime that counts sessions. */
function countingRuntime() {
  const counts = { created: 0, released: 0 };
  const runtime = {
    InferenceSession: {
      create: async () => {
        counts.created++;
        return {
          outputNames: [],
          run: async () => ({}),
          release: async () => {
            counts.released++;
          },
        };
      },
    },
    Tensor: class {},
  } as unknown as OnnxRuntime;
  return { counts, runtime };
}

test('a model is loaded once, and the least recently used one goes beyond the limit of bytes', async (t) => {
  const { counts, runtime } = countingRuntime();
  const [a, b, c] = [squareModel(64), squareModel(96), squareModel(128)];
  const files = await Promise.all([a, b, c].map((bytes) => modelFile(t, bytes)));
  const size = {};
  const cache = new ModelCache(() => runtime, a.length + c.length);
  const get = async (i: number) => {
    const file = files[i];
    if (file) await cache.get(file, size);
    return { ...counts };
  };
  t.deepEqual(await get(0), { created: 1, released: 0 });
  t.deepEqual(await get(0), { created: 1, released: 0 });
  t.deepEqual(await get(1), { created: 2, released: 0 });
  await get(0);
  // Makes room for the third: the second one was used longest ago.
  t.deepEqual(await get(2), { created: 3, released: 1 });
  t.deepEqual(await get(0), { created: 3, released: 1 });
  t.deepEqual(await get(1), { created: 4, released: 2 });
  await cache.clear();
  t.is(counts.released, counts.created);
});

test('a model that is larger than the limit stays while it is used', async (t) => {
  const { counts, runtime } = countingRuntime();
  const cache = new ModelCache(() => runtime, 1);
  const [first, second] = [
    await modelFile(t, squareModel(64)),
    await modelFile(t, squareModel(96)),
  ];
  await cache.get(first, {});
  await cache.get(first, {});
  t.deepEqual(counts, { created: 1, released: 0 });
  await cache.get(second, {});
  t.deepEqual(counts, { created: 2, released: 1 });
});

test('a file that is gone or changed is not loaded', async (t) => {
  const { counts, runtime } = countingRuntime();
  const cache = new ModelCache(() => runtime);
  const file = await modelFile(t, squareModel(64));
  for (const wrong of [
    { ...file, sha256: '0'.repeat(64) },
    { ...file, file: `${file.file}.gone` },
  ])
    await t.throwsAsync(cache.get(wrong, {}), { code: 'detection_unavailable' });
  t.is(counts.created, 0);
});
