import test from 'ava';
import type { StoredImage } from '../../../core/images/image-table.js';
import { Thumbnails } from '../../../core/images/thumbnails.js';

const IMAGE: StoredImage = {
  ...{ id: 'a', sha256: 'a', analysis_key: 'a', camera: 'gate', created_at: 0, expires_at: null },
  ...{ plan: null, failure: null, result: null },
  ...{ media_type: 'image/jpeg', bytes: 1, width: 960, height: 540 },
};

test('a page gets many thumbnails at once, and leaves the workers to others meanwhile', async (t) => {
  const running = new Map<string, number>();
  let most = 0;
  const thumbnails = new Thumbnails(
    { find: async (id) => ({ ...IMAGE, id }), exists: async () => true },
    {
      make: async (image, _, origin) => {
        const key = origin?.id ?? '';
        const now = (running.get(key) ?? 0) + 1;
        running.set(key, now);
        most = Math.max(most, now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running.set(key, (running.get(key) ?? 1) - 1);
        if (image.id === '7') throw new Error('this one does not decode');
        return Buffer.from(image.id);
      },
    },
    undefined,
  );
  const ask = (client: string) =>
    Array.from({ length: 60 }, (_, i) =>
      thumbnails.get(String(i), 320, { kind: 'client', id: client }).then(
        ({ jpeg }) => jpeg.toString(),
        () => 'none',
      ),
    );
  const found = await Promise.all([...ask('one'), ...ask('other')]);
  const expected = Array.from({ length: 60 }, (_, i) => (i === 7 ? 'none' : String(i)));
  t.deepEqual(found, [...expected, ...expected]);
  t.is(most, 4);
});
