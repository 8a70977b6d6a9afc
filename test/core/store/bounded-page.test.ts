import test from 'ava';
import fc from 'fast-check';
import { boundedPage } from '../../../core/store/bounded-page.js';

test('pages that follow each other have every item once, and none is larger than its bounds', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20_000 }),
      async (sizes, limit, maxBytes) => {
        const all = sizes.map((size, id) => ({ id, size }));
        const seen: number[] = [];
        for (let last: number | undefined, hasMore = true; hasMore; ) {
          const from = last;
          const page = await boundedPage<{ id: number; size: number }>(
            { limit, maxSize: maxBytes },
            ({ size }) => size,
            async (count, after) => {
              const start = (after?.id ?? from ?? -1) + 1;
              return all.slice(start, start + count);
            },
          );
          const bytes = page.items.reduce((sum, { size }) => sum + size, 0);
          t.true(page.items.length <= limit);
          t.true(bytes - (page.items.at(-1)?.size ?? 0) < maxBytes);
          seen.push(...page.items.map(({ id }) => id));
          hasMore = page.hasMore;
          last = page.items.at(-1)?.id;
          if (hasMore) t.true(page.items.length > 0);
        }
        t.deepEqual(
          seen,
          all.map(({ id }) => id),
        );
      },
    ),
    { numRuns: 200 },
  );
});
